import { createStore } from '../../shared/store.ts';

/** The chat at the side of the panel; `agentId`: the agent one writes with, null: the list of all. */
export const chatDock = createStore<{ open: boolean; agentId: string | null }>({
  open: false,
  agentId: null,
});

/** Opens the chat with an agent. */
export const openChat = (agentId: string): void => chatDock.set({ open: true, agentId });
