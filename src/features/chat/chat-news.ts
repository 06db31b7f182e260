import { sql } from 'kysely';
import { v7 } from 'uuid';
import type { ChatFound } from '../../contract/chat.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Connections } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import { findById, settle } from './messages.repository.ts';
import { chatChannel, type Notice, noticeText, readNotice } from './notices.ts';
import { findThread } from './threads.repository.ts';

/** Notices of other servers that wait to be looked up; beyond, pages are told to ask for themselves. */
const waitingMax = 1_000;
/** A server that has not told of a message by then is taken for dead. */
const answerLateMs = 1_000;

export interface ChatNews {
  /** To every page of both: those of this server at once, then those of the others. Settles when it is on the disk. */
  message(found: ChatFound): Promise<void>;
  /** Sent once more by its author, who got no answer: the others may have heard nothing of it either. */
  messageAgain(found: ChatFound): Promise<void>;
  read(thread: { id: string; agentId: string; supervisorId: string }): Promise<void>;
  typing(where: { threadId: string; agentId: string; supervisorId: string; personId: string }): Promise<void>;
  /** What another server said; null: something may have been missed. */
  onNotice(said: string | null): void;
  stop(): void;
}

/** Tells pages what was written, read and typed, wherever it was. */
export function createChatNews(deps: {
  db: Database;
  connections: Connections;
  clock: Clock;
  log: Log;
}): ChatNews {
  const { db, connections, clock, log } = deps;
  const source = v7();
  /** How many pages each person has here. */
  const here = new Map<string, number>();
  let waiting = 0;
  let queue = Promise.resolve();

  const stops = [
    connections.onOpen(({ viewer }) => {
      here.set(viewer.personId, (here.get(viewer.personId) ?? 0) + 1);
    }),
    connections.onGone(({ viewer }) => {
      const left = (here.get(viewer.personId) ?? 1) - 1;
      if (left > 0) here.set(viewer.personId, left);
      else here.delete(viewer.personId);
    }),
  ];

  function tellMessage(found: ChatFound): void {
    for (const personId of [found.agent.id, found.supervisor.id])
      connections.toPerson(personId, 'chat-message', found);
  }
  async function tellRead(threadId: string, personIds: readonly string[]): Promise<void> {
    for (const personId of personIds) {
      if (!here.has(personId)) continue;
      const row = await findThread(db, threadId, personId);
      if (!row) return;
      const { agentReadSeq, supervisorReadSeq, unread } = row;
      connections.toPerson(personId, 'chat-read', { threadId, agentReadSeq, supervisorReadSeq, unread });
    }
  }
  function tellTyping(notice: Pick<Notice, 'agentId' | 'supervisorId'>, threadId: string, personId: string) {
    const other = personId === notice.agentId ? notice.supervisorId : notice.agentId;
    connections.toPerson(other, 'chat-typing', { threadId, personId });
  }
  async function tellOthers(notice: Omit<Notice, 'source'>): Promise<void> {
    await sql`select pg_notify(${chatChannel}, ${noticeText({ ...notice, source })})`.execute(db);
  }
  const noticeOf = ({ agent, supervisor, message }: ChatFound): string =>
    noticeText({
      kind: 'message',
      ...{ source, agentId: agent.id, supervisorId: supervisor.id, id: message.id },
    });
  async function take({ kind, agentId, supervisorId, id }: Notice): Promise<void> {
    if (kind === 'message') {
      const found = await findById(db, id);
      if (found) tellMessage(found);
    } else if (kind === 'read') await tellRead(id, [agentId, supervisorId]);
    else {
      const [threadId, personId] = id.split('/');
      if (threadId && personId) tellTyping({ agentId, supervisorId }, threadId, personId);
    }
  }
  function resync(): void {
    for (const personId of here.keys()) connections.toPerson(personId, 'chat-resync');
  }

  return {
    async message(found) {
      tellMessage(found);
      await settle(db, noticeOf(found));
    },
    async messageAgain(found) {
      const ageMs = clock.now() - Date.parse(found.message.sentAt);
      await settle(db, ageMs < answerLateMs ? null : noticeOf(found));
    },
    async read({ id, agentId, supervisorId }) {
      await tellRead(id, [agentId, supervisorId]);
      await tellOthers({ kind: 'read', agentId, supervisorId, id });
    },
    async typing({ threadId, agentId, supervisorId, personId }) {
      tellTyping({ agentId, supervisorId }, threadId, personId);
      await tellOthers({ kind: 'typing', agentId, supervisorId, id: `${threadId}/${personId}` });
    },
    onNotice(said) {
      if (said === null) return resync();
      const notice = readNotice(said);
      if (!notice || notice.source === source) return;
      if (!here.has(notice.agentId) && !here.has(notice.supervisorId)) return;
      if (waiting >= waitingMax) return resync();
      waiting += 1;
      queue = queue
        .then(() => take(notice))
        .catch((error: unknown) => {
          log.warn({ err: error }, 'a chat message of another server could not be told');
          resync();
        })
        .finally(() => {
          waiting -= 1;
        });
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}
