import { sql } from 'kysely';
import { type ChatThread, unreadShownMax } from '../../contract/chat.ts';
import type { Database } from '../../database/database.ts';
import type { Side } from './chat-rules.ts';

const lastTextLength = 200;

export interface ThreadRow {
  id: string;
  agentId: string;
  agentName: string;
  supervisorId: string;
  supervisorName: string;
  lastSeq: number;
  lastAt: Date;
  lastText: string | null;
  agentReadSeq: number;
  supervisorReadSeq: number;
  unread: number;
}
export interface ThreadPosition {
  lastAt: Date;
  id: string;
}

/** Of the other one's messages; those counted stop at what is shown. */
const unreadOf = (personId: string) => sql<number>`case
  when ${personId}::uuid not in (t.agent_id, t.supervisor_id) then 0
  else (select count(*)::int from (
    select from chat_messages m
    where m.thread_id = t.id and m.author_id <> ${personId}::uuid
      and m.seq > case when t.agent_id = ${personId}::uuid then t.agent_read_seq else t.supervisor_read_seq end
    limit ${unreadShownMax}) counted) end`;

const columns = (personId: string) => sql`
  t.id, t.agent_id as "agentId", t.agent_name as "agentName", t.supervisor_id as "supervisorId",
  t.supervisor_name as "supervisorName", t.last_seq as "lastSeq", t.last_at as "lastAt",
  t.agent_read_seq as "agentReadSeq", t.supervisor_read_seq as "supervisorReadSeq",
  (select left(m.text, ${lastTextLength}) from chat_messages m where m.thread_id = t.id and m.seq = t.last_seq)
    as "lastText",
  ${unreadOf(personId)} as unread`;

/** A person's threads, on either side, newest first; `viewerId` is whose unread ones are counted. */
export async function findThreads(
  db: Database,
  o: { of: string; viewerId: string; after: ThreadPosition | null; limit: number },
): Promise<ThreadRow[]> {
  const after = o.after ? sql`and (t.last_at, t.id) < (${o.after.lastAt}, ${o.after.id}::uuid)` : sql``;
  const found = await sql<ThreadRow>`select ${columns(o.viewerId)} from chat_threads t
    where (t.agent_id = ${o.of}::uuid or t.supervisor_id = ${o.of}::uuid) ${after}
    order by t.last_at desc, t.id desc limit ${o.limit}`.execute(db);
  return found.rows;
}

export async function findThread(db: Database, id: string, viewerId: string): Promise<ThreadRow | undefined> {
  const found = await sql<ThreadRow>`select ${columns(viewerId)} from chat_threads t
    where t.id = ${id}::uuid`.execute(db);
  return found.rows[0];
}

export async function threadExists(
  db: Database,
  pair: { agentId: string; supervisorId: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('chat_threads')
    .select('id')
    .where('agent_id', '=', pair.agentId)
    .where('supervisor_id', '=', pair.supervisorId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Of all his threads together. */
export async function countUnread(db: Database, personId: string): Promise<number> {
  const found = await sql<{ unread: number }>`select coalesce(sum(${unreadOf(personId)}), 0)::int as unread
    from chat_threads t where t.agent_id = ${personId}::uuid or t.supervisor_id = ${personId}::uuid`.execute(
    db,
  );
  return found.rows[0]?.unread ?? 0;
}

/** Never back, and never past the newest. */
export async function markRead(
  db: Database,
  { id, side, throughSeq }: { id: string; side: Side; throughSeq: number },
): Promise<boolean> {
  const column = side === 'agent' ? 'agent_read_seq' : 'supervisor_read_seq';
  const { numUpdatedRows } = await db
    .updateTable('chat_threads')
    .set({ [column]: sql`least(${throughSeq}::bigint, last_seq)` })
    .where('id', '=', id)
    .where(column, '<', sql<number>`least(${throughSeq}::bigint, last_seq)`)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export const threadOf = (row: ThreadRow): ChatThread => ({
  id: row.id,
  agent: { id: row.agentId, name: row.agentName },
  supervisor: { id: row.supervisorId, name: row.supervisorName },
  lastSeq: row.lastSeq,
  lastAt: row.lastAt.toISOString(),
  lastText: row.lastText,
  agentReadSeq: row.agentReadSeq,
  supervisorReadSeq: row.supervisorReadSeq,
  unread: row.unread,
});
