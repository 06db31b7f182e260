import type {
  ChatFound,
  ChatFoundPage,
  ChatMessage,
  ChatMessagesPage,
  ChatMessagesQuery,
  ChatSearchQuery,
  ChatSupervisors,
  ChatThread,
  ChatThreadsPage,
  ChatThreadsQuery,
  NewChatMessage,
} from '../../contract/chat.ts';
import { pageSizeDefault, pageSizeMax } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import type { AuditLog } from '../../ports/domain.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import type { ChatDeps } from './chat.ts';
import type { ChatNews } from './chat-news.ts';
import { answerRefusal, sideOf } from './chat-rules.ts';
import { cursorOf, positionOf } from './cursor.ts';
import { findMessages, findOfCall, searchMessages } from './messages.repository.ts';
import type { SendMessage } from './send.ts';
import {
  countUnread,
  findThread,
  findThreads,
  markRead,
  type ThreadRow,
  threadOf,
} from './threads.repository.ts';
import { queryOf } from './words.ts';

const supervisorsShownMax = 200;
const ofCallMax = pageSizeMax;

export interface ChatService {
  threads(viewer: Viewer, query: ChatThreadsQuery): Promise<ChatThreadsPage>;
  /** Throws `thread-not-found` for one the viewer may not read, too. */
  messages(viewer: Viewer, threadId: string, query: ChatMessagesQuery): Promise<ChatMessagesPage>;
  /** The same `clientId` again is the same message. Throws `message-too-long`, `too-many-attempts`, and why he may not. */
  send(viewer: Viewer, wish: NewChatMessage): Promise<ChatMessage>;
  read(viewer: Viewer, threadId: string, throughSeq: number): Promise<ChatThread>;
  search(viewer: Viewer, query: ChatSearchQuery): Promise<ChatFoundPage>;
  /** What was written while the call went on, as far as the viewer may read it. */
  ofCall(viewer: Viewer, callId: string): Promise<{ items: ChatFound[] }>;
  /** Whom the viewer, an agent, may write to. */
  supervisors(viewer: Viewer): ChatSupervisors;
}

/** What people do with their threads. Reading one's own needs no right but being one of the two. */
export function createChatService(
  deps: ChatDeps & { news: ChatNews; sendMessage: SendMessage },
): ChatService {
  const { db, audit } = deps;

  /** The thread, when the viewer may read it; reading along leaves an entry first. */
  async function readable(viewer: Viewer, threadId: string): Promise<ThreadRow> {
    const row = await findThread(db, threadId, viewer.personId);
    if (row && isOf(viewer, row)) return row;
    if (!row || !viewer.permissions.has('chat.read-all')) throw new AppError('thread-not-found');
    await readingAlong(audit, viewer, { subjectId: row.agentId, callId: null, details: { threadId } });
    return row;
  }

  /** Whose threads are asked for: the viewer's own, or somebody's he may read along with, which leaves an entry first. */
  async function whose(viewer: Viewer, of: string | undefined): Promise<string> {
    if (of === undefined || of === viewer.personId) return viewer.personId;
    assertMay(viewer, 'chat.read-all');
    await readingAlong(audit, viewer, { subjectId: of, callId: null });
    return of;
  }

  return {
    async threads(viewer, { of, cursor, limit = pageSizeDefault }) {
      const person = await whose(viewer, of);
      const after = cursor === undefined ? null : positionOf(cursor);
      const search = { of: person, viewerId: viewer.personId, after, limit: limit + 1 };
      const rows = await findThreads(db, search);
      const items = rows.slice(0, limit);
      const next = rows.length > limit ? cursorOf(items.at(-1)!) : null;
      return { items: items.map(threadOf), nextCursor: next, unread: await countUnread(db, viewer.personId) };
    },

    async messages(viewer, threadId, { before, after, limit = pageSizeDefault }) {
      if (before !== undefined && after !== undefined)
        throw new AppError('validation-failed', 'Either before or after', { field: 'before' });
      const thread = await readable(viewer, threadId);
      const found = await findMessages(db, { threadId, before, after, limit: limit + 1 });
      const more = found.length > limit;
      const items = after === undefined ? found.slice(-limit) : found.slice(0, limit);
      const newest = items.at(-1)?.seq;
      return {
        thread: threadOf(thread),
        items,
        hasOlder: after === undefined ? more : after > 0,
        hasNewer: after === undefined ? newest !== undefined && newest < thread.lastSeq : more,
      };
    },

    async send(viewer, wish) {
      return (await deps.sendMessage(viewer, wish)).message;
    },

    async read(viewer, threadId, throughSeq) {
      const before = await findThread(db, threadId, viewer.personId);
      if (!before || !isOf(viewer, before)) throw new AppError('thread-not-found');
      const changed = await markRead(db, { id: threadId, side: sideOf(viewer, before), throughSeq });
      if (changed) await deps.news.read(before);
      const row = changed ? await findThread(db, threadId, viewer.personId) : before;
      if (!row) throw new AppError('thread-not-found');
      return threadOf(row);
    },

    async search(viewer, { q, of, cursor, limit = pageSizeDefault }) {
      const personId = await whose(viewer, of);
      const query = queryOf(q);
      if (query === null) return { items: [], nextCursor: null };
      const found = await searchMessages(db, {
        personId,
        query,
        before: cursor,
        limit: limit + 1,
      });
      const items = found.slice(0, limit);
      return { items, nextCursor: found.length > limit ? (items.at(-1)?.message.id ?? null) : null };
    },

    async ofCall(viewer, callId) {
      const readsAll = viewer.permissions.has('chat.read-all');
      const personId = readsAll ? null : viewer.personId;
      const items = await findOfCall(db, { callId, personId, limit: ofCallMax });
      const foreign = items.find(
        ({ agent, supervisor }) => agent.id !== viewer.personId && supervisor.id !== viewer.personId,
      );
      if (foreign) await readingAlong(audit, viewer, { subjectId: foreign.agent.id, callId });
      return { items };
    },

    supervisors(viewer) {
      assertMay(viewer, 'agent-page');
      const teamIds = deps.people.byId(viewer.personId)?.teams.map(({ id }) => id) ?? [];
      const items = deps.people
        .all()
        .filter(({ id, roles }) => id !== viewer.personId && roles.some((role) => role !== 'agent'))
        .filter(({ id }) => answerRefusal(deps.sessions.viewer(id), teamIds) === null)
        .map(({ id, name }) => ({ id, name, present: deps.presence.isPresent(id) }))
        .sort((a, b) => Number(b.present) - Number(a.present) || a.name.localeCompare(b.name, 'fr'));
      return { items: items.slice(0, supervisorsShownMax) };
    },
  };
}

const isOf = ({ personId }: Viewer, { agentId, supervisorId }: ThreadRow): boolean =>
  personId === agentId || personId === supervisorId;

/** Somebody reads what others wrote to one another: known before he sees it. */
async function readingAlong(
  audit: AuditLog,
  viewer: Viewer,
  about: { subjectId: string; callId: string | null; details?: Record<string, unknown> },
): Promise<void> {
  await audit.write({ actorId: viewer.personId, action: 'chat.read-along', ...about });
}
