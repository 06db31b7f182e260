import { sql } from 'kysely';
import { v7 } from 'uuid';
import type { ChatFound } from '../../contract/chat.ts';
import type { Database } from '../../database/database.ts';
import type { Connections } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import { findById } from './messages.repository.ts';
import { chatChannel, type Notice, noticeText, readNotice } from './notices.ts';
import { findThread } from './threads.repository.ts';

/** Notices of other servers that wait to be looked up; beyond, pages are told to ask for themselves. */
const waitingMax = 1_000;

export interface ChatNews {
  /** Names this server in what it says to the others. */
  source: string;
  /** To every page of both. */
  message(found: ChatFound): void;
  read(thread: { id: string; agentId: string; supervisorId: string }): Promise<void>;
  typing(where: { threadId: string; agentId: string; supervisorId: string; personId: string }): Promise<void>;
  /** What another server said; null: something may have been missed. */
  onNotice(said: string | null): void;
  stop(): void;
}

/** Tells pages what was written, read and typed, wherever it was. */
export function createChatNews(deps: { db: Database; connections: Connections; log: Log }): ChatNews {
  const { db, connections, log } = deps;
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

  function message(found: ChatFound): void {
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
  async function take({ kind, agentId, supervisorId, id }: Notice): Promise<void> {
    if (kind === 'message') {
      const found = await findById(db, id);
      if (found) message(found);
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
    source,
    message,
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
