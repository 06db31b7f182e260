import type { ChatPair, ChatThread } from '../../../contract/chat.ts';
import { createStore } from '../store.ts';
import { type ChatLog, emptyLog } from './chat-log.ts';

/** Threads of the signed-in person, newest first; null until they were read. */
export const threadsStore = createStore<readonly ChatThread[] | null>(null);
/** By the key of the pair; only threads that were opened. */
export const logsStore = createStore<ReadonlyMap<string, ChatLog>>(new Map());
/** Who types now, by thread: until when it is shown, in ms of this computer's clock. */
export const typingStore = createStore<ReadonlyMap<string, number>>(new Map());
/** The last message that came in, for those who do not see the screen. */
export const arrivedStore = createStore<{ author: string; text: string; id: string } | null>(null);

export const keyOf = ({ agentId, supervisorId }: ChatPair): string => `${agentId} ${supervisorId}`;
export const pairOf = ({ agent, supervisor }: Pick<ChatThread, 'agent' | 'supervisor'>): ChatPair => ({
  agentId: agent.id,
  supervisorId: supervisor.id,
});

export const logOf = (key: string): ChatLog => logsStore.get().get(key) ?? emptyLog;
export function setLog(key: string, log: ChatLog): void {
  if (log !== logsStore.get().get(key)) logsStore.set(new Map(logsStore.get()).set(key, log));
}

export const threadOfPair = (pair: ChatPair): ChatThread | undefined =>
  threadsStore
    .get()
    ?.find(({ agent, supervisor }) => agent.id === pair.agentId && supervisor.id === pair.supervisorId);

/** Puts the thread in its place. */
export function setThread(thread: ChatThread): void {
  const others = (threadsStore.get() ?? []).filter(({ id }) => id !== thread.id);
  const all = [...others, thread].sort((a, b) => (a.lastAt < b.lastAt ? 1 : a.lastAt > b.lastAt ? -1 : 0));
  threadsStore.set(all);
}

/** The other one's name in a thread. */
export const partnerOf = (thread: Pick<ChatThread, 'agent' | 'supervisor'>, meId: string): string =>
  (thread.agent.id === meId ? thread.supervisor : thread.agent).name;

export function clearChat(): void {
  threadsStore.set(null);
  logsStore.set(new Map());
  typingStore.set(new Map());
  arrivedStore.set(null);
}
