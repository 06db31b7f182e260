import type {
  ChatFound,
  ChatMessagesPage,
  ChatPair,
  ChatServerToBrowser,
  ChatThread,
  ChatThreadsPage,
} from '../../../contract/chat.ts';
import { queryString, request } from '../http/request.ts';
import { type PageSocket, pageSocket } from '../page-socket.ts';
import { append, type ChatLog, prepend } from './chat-log.ts';
import {
  arrivedStore,
  clearChat,
  keyOf,
  logOf,
  logsStore,
  pairOf,
  setLog,
  setThread,
  threadOfPair,
  threadsStore,
  typingStore,
} from './chat-store.ts';
import { wakeOutbox, whenGap } from './outbox.ts';
import { chime } from './sound.ts';

const pageSize = 100;
const catchUpSize = 500;
/** Of what is known, read again: the server's database may have forgotten it and have others in its place. */
const catchUpOverlap = 10;
const threadsShown = 200;
/** Somebody who types says so every two seconds. */
const typingShownMs = 4_000;
const retryMs = 3_000;

/** Keeps threads and open logs as the server has them, whatever happens to the socket. Returns the way to stop. */
export function followChat(personId: string): () => void {
  let current: PageSocket | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const handlers: { [Event in keyof ChatServerToBrowser]: ChatServerToBrowser[Event] } = {
    'chat-message': (found) => takeMessage(personId, found),
    'chat-read': ({ threadId, ...read }) => {
      const thread = threadsStore.get()?.find(({ id }) => id === threadId);
      if (thread) setThread({ ...thread, ...read });
    },
    'chat-typing': ({ threadId }) => showTyping(threadId),
    'chat-resync': () => readAgain(),
  };
  const events = Object.keys(handlers) as (keyof ChatServerToBrowser)[];

  function readAgain(): void {
    clearTimeout(retry);
    wakeOutbox();
    loadThreads()
      .then(() => Promise.all([...logsStore.get().keys()].map(catchUp)))
      .catch(() => {
        retry = setTimeout(readAgain, retryMs);
      });
  }
  function attach(): void {
    const socket = pageSocket.get();
    if (socket === current) return;
    detach();
    current = socket;
    for (const event of events) socket?.on(event, handlers[event]);
    socket?.on('connect', readAgain);
    if (socket?.connected) readAgain();
  }
  function detach(): void {
    for (const event of events) current?.off(event, handlers[event]);
    current?.off('connect', readAgain);
  }
  whenGap((key) => void catchUp(key).catch(readAgain));
  const unsubscribe = pageSocket.subscribe(attach);
  attach();
  readAgain();
  return () => {
    clearTimeout(retry);
    unsubscribe();
    detach();
    clearChat();
  };
}

async function loadThreads(): Promise<void> {
  const { items } = await request<ChatThreadsPage>(
    `/api/chat/threads${queryString({ limit: threadsShown })}`,
  );
  threadsStore.set(items);
}

function takeMessage(personId: string, found: ChatFound): void {
  const { message } = found;
  const pair = pairOf(found);
  const known = threadOfPair(pair);
  if (!known || message.seq > known.lastSeq) {
    const isOwn = message.author.id === personId;
    setThread(threadAfter(known, found, isOwn));
    // One before it is on another way, and is to be counted too.
    if (known && message.seq > known.lastSeq + 1) void loadThreads().catch(() => {});
    if (!isOwn) {
      arrivedStore.set({ author: message.author.name, text: message.text, id: message.id });
      chime();
    }
  }
  typingStore.set(new Map([...typingStore.get()].filter(([id]) => id !== message.threadId)));
  const log = logsStore.get().get(keyOf(pair));
  if (!log) return;
  // Of a new thread nothing can be missing but what came before its page was open.
  const next = log.messages.length === 0 && message.seq > 1 ? 'gap' : append(log, [message]);
  if (next === 'gap') void catchUp(keyOf(pair)).catch(() => {});
  else setLog(keyOf(pair), next);
}

function threadAfter(known: ChatThread | undefined, found: ChatFound, isOwn: boolean): ChatThread {
  const { message, agent, supervisor } = found;
  const before = known ?? { unread: 0, agentReadSeq: 0, supervisorReadSeq: 0 };
  const last = { lastSeq: message.seq, lastAt: message.sentAt, lastText: message.text.slice(0, 200) };
  return {
    ...before,
    id: message.threadId,
    agent,
    supervisor,
    ...last,
    unread: before.unread + (isOwn ? 0 : 1),
  };
}

/** Reads the newest page of a thread that is opened; a thread nobody has written in yet is empty. */
export async function openLog(pair: ChatPair): Promise<void> {
  const key = keyOf(pair);
  if (!logsStore.get().has(key)) setLog(key, { ...logOf(key) });
  if (threadsStore.get() === null) await loadThreads();
  await catchUp(key);
}

const catchingUp = new Map<string, Promise<void>>();
/** Reads what is newer than what the page has, to the end. One at a time for each thread. */
function catchUp(key: string): Promise<void> {
  const running = catchingUp.get(key) ?? readNewer(key).finally(() => catchingUp.delete(key));
  catchingUp.set(key, running);
  return running;
}

async function readNewer(key: string): Promise<void> {
  const thread = threadsStore.get()?.find((one) => keyOf(pairOf(one)) === key);
  if (!thread) return;
  for (;;) {
    const last = logOf(key).messages.at(-1)?.seq;
    const query: Record<string, number> =
      last === undefined
        ? { limit: pageSize }
        : { after: Math.max(0, last - catchUpOverlap), limit: catchUpSize };
    const page = await messagesOf(thread.id, query);
    const log = logOf(key);
    const base: ChatLog = log.messages.length === 0 ? { ...log, hasOlder: page.hasOlder } : log;
    const next = append(base, page.items);
    if (next !== 'gap') setLog(key, next);
    // Deleted by age in between: what is left begins anew.
    else setLog(key, { ...log, messages: page.items, hasOlder: page.hasOlder });
    if (last === undefined || !page.hasNewer) return;
  }
}

const readingOlder = new Set<string>();
/** The page before the oldest one that is shown. */
export async function loadOlder(pair: ChatPair): Promise<void> {
  const key = keyOf(pair);
  const thread = threadOfPair(pair);
  const { messages, hasOlder } = logOf(key);
  const first = messages[0];
  if (!thread || !first || !hasOlder || readingOlder.has(key)) return;
  readingOlder.add(key);
  try {
    const page = await messagesOf(thread.id, { before: first.seq, limit: pageSize });
    setLog(key, prepend(logOf(key), page.items, page.hasOlder));
  } finally {
    readingOlder.delete(key);
  }
}

const messagesOf = (threadId: string, query: Record<string, number>): Promise<ChatMessagesPage> =>
  request<ChatMessagesPage>(`/api/chat/threads/${threadId}/messages${queryString(query)}`);

/** Everything up to the newest one shown was read. */
export async function markRead(pair: ChatPair): Promise<void> {
  const thread = threadOfPair(pair);
  const throughSeq = logOf(keyOf(pair)).messages.at(-1)?.seq;
  if (!thread || thread.unread === 0 || throughSeq === undefined) return;
  setThread({ ...thread, unread: 0 });
  const json = { throughSeq };
  setThread(await request<ChatThread>(`/api/chat/threads/${thread.id}/read`, { method: 'PUT', json }));
}

function showTyping(threadId: string): void {
  const untilMs = Date.now() + typingShownMs;
  typingStore.set(new Map(typingStore.get()).set(threadId, untilMs));
  setTimeout(() => {
    if (typingStore.get().get(threadId) !== untilMs) return;
    typingStore.set(new Map([...typingStore.get()].filter(([id]) => id !== threadId)));
  }, typingShownMs);
}

const typingEveryMs = 2_000;
let saidAtMs = 0;
/** Lets the other one know, at most every two seconds. */
export function sayTyping(pair: ChatPair): void {
  const thread = threadOfPair(pair);
  if (!thread || Date.now() - saidAtMs < typingEveryMs) return;
  saidAtMs = Date.now();
  pageSocket.get()?.emit('chat-typing', { threadId: thread.id });
}
