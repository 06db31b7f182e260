import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { ChatPair, ChatThread } from '../../../contract/chat.ts';
import type { ChatLog } from './chat-log.ts';
import { emptyLog } from './chat-log.ts';
import { keyOf, logsStore, threadsStore, typingStore } from './chat-store.ts';
import { markRead, openLog } from './follow-chat.ts';

const retryMs = 3_000;

export const useThreads = (): readonly ChatThread[] | null =>
  useSyncExternalStore(threadsStore.subscribe, threadsStore.get);

/** Of all threads together. */
export const useUnread = (): number => (useThreads() ?? []).reduce((sum, { unread }) => sum + unread, 0);

export const useLog = (pair: ChatPair): ChatLog =>
  useSyncExternalStore(logsStore.subscribe, () => logsStore.get().get(keyOf(pair)) ?? emptyLog);

export function useThread({ agentId, supervisorId }: ChatPair): ChatThread | undefined {
  const threads = useThreads();
  return useMemo(
    () => threads?.find(({ agent, supervisor }) => agent.id === agentId && supervisor.id === supervisorId),
    [threads, agentId, supervisorId],
  );
}

export const useTyping = (threadId: string | undefined): boolean =>
  useSyncExternalStore(
    typingStore.subscribe,
    () => threadId !== undefined && typingStore.get().has(threadId),
  );

/** Opens the thread and keeps trying; false until its newest messages are there. */
export function useOpenLog({ agentId, supervisorId }: ChatPair): boolean {
  const [loaded, setLoaded] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const open = (): void => {
      openLog({ agentId, supervisorId }).then(
        () => !gone && setLoaded(true),
        () => {
          if (!gone) timer = setTimeout(open, retryMs);
        },
      );
    };
    open();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [agentId, supervisorId]);
  return loaded;
}

/** What stands in front of the eyes is read. */
export function useMarkRead(pair: ChatPair, lastSeq: number | undefined, unread: number): void {
  const { agentId, supervisorId } = pair;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new message is a reason to look again
  useEffect(() => {
    const look = (): void => {
      // Not marked now is marked with the next one, or when the page is looked at again.
      if (document.visibilityState === 'visible') markRead({ agentId, supervisorId }).catch(() => {});
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [agentId, supervisorId, lastSeq, unread]);
}
