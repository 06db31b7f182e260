import { Compile } from 'typebox/compile';
import { type ChatPair, ChatTyping } from '../../contract/chat.ts';
import { AppError } from '../../contract/errors.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Connections } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import type { Viewer } from '../../ports/viewer.ts';
import type { ChatNews } from './chat-news.ts';
import { createPace } from './pace.ts';
import { findThread } from './threads.repository.ts';

const rememberedMax = 5_000;
/** A page says it every two seconds while somebody types. */
const typingMax = 10;
const typingWithinMs = 10_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const payloadOf = Compile(ChatTyping);

interface TypingDeps {
  db: Database;
  connections: Connections;
  news: ChatNews;
  clock: Clock;
  log: Log;
}

/** Passes "is typing" on to the other one of the thread. Nothing of it is kept. Returns the way to stop. */
export function passTypingOn({ db, connections, news, clock, log }: TypingDeps): () => void {
  const pairs = new Map<string, ChatPair>();
  const pace = createPace({ clock, max: typingMax, withinMs: typingWithinMs });

  async function pairOf(threadId: string, personId: string): Promise<ChatPair | undefined> {
    const known = pairs.get(threadId);
    if (known) return known;
    const row = await findThread(db, threadId, personId);
    if (!row) return undefined;
    if (pairs.size >= rememberedMax) pairs.delete(pairs.keys().next().value!);
    const pair = { agentId: row.agentId, supervisorId: row.supervisorId };
    pairs.set(threadId, pair);
    return pair;
  }
  async function typing({ personId, permissions }: Viewer, payload: unknown): Promise<void> {
    if (!payloadOf.Check(payload) || !uuid.test(payload.threadId)) return;
    pace.take(personId);
    const { threadId } = payload;
    const pair = await pairOf(threadId, personId);
    const right = personId === pair?.agentId ? 'agent-page' : 'chat.write';
    if (!pair || (personId !== pair.agentId && personId !== pair.supervisorId)) return;
    if (!permissions.has(right)) return;
    await news.typing({ threadId, ...pair, personId });
  }

  return connections.on('chat-typing', ({ viewer }, payload) => {
    typing(viewer, payload).catch((error: unknown) => {
      // Who types too fast is simply not told of.
      if (!(error instanceof AppError)) log.warn({ err: error }, 'typing could not be told');
    });
  });
}
