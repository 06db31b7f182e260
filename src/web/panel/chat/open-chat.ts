import { createStore } from '../../shared/store.ts';

/** The chat at the side of the panel: the agent one writes with, or the supervisor to whom one is the agent; null, null: the list. */
export interface ChatDockState {
  open: boolean;
  agentId: string | null;
  supervisorId: string | null;
}
export const chatDock = createStore<ChatDockState>({ open: false, agentId: null, supervisorId: null });

/** Opens the chat with an agent. */
export const openChat = (agentId: string): void => chatDock.set({ open: true, agentId, supervisorId: null });
export const openChatList = (): void => chatDock.set({ open: true, agentId: null, supervisorId: null });
export const closeChat = (): void => chatDock.set({ ...chatDock.get(), open: false });
