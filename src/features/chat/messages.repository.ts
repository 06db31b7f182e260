import { sql } from 'kysely';
import { v7 } from 'uuid';
import type { ChatFound, ChatMessage } from '../../contract/chat.ts';
import type { NamedRef } from '../../contract/common.ts';
import type { Database } from '../../database/database.ts';
import { chatChannel } from './notices.ts';
import { wordsOf } from './words.ts';

export interface NewMessage {
  agent: NamedRef;
  supervisor: NamedRef;
  author: NamedRef;
  clientId: string;
  text: string;
  callId: string | null;
  broadcastId: string | null;
  atMs: number;
}
interface MessageRow {
  id: string;
  threadId: string;
  seq: number;
  clientId: string;
  authorId: string;
  authorName: string;
  text: string;
  callId: string | null;
  broadcastId: string | null;
  sentAt: Date;
}
type FoundRow = MessageRow & {
  agentId: string;
  agentName: string;
  supervisorId: string;
  supervisorName: string;
};

/**
 * In one statement, so that the thread is locked for no longer than one way to the database. It does not wait for the disk:
 * `settle` does, before the author hears that his message is kept. And it tells nobody: commits with a NOTIFY wait for one
 * another.
 */
const insert = (message: NewMessage) => {
  const { agent, supervisor, author } = message;
  const at = new Date(message.atMs);
  return sql<MessageRow>`
    with thread as (
      insert into chat_threads as t (id, agent_id, supervisor_id, agent_name, supervisor_name, last_seq, last_at)
      values (${v7({ msecs: message.atMs })}, ${agent.id}, ${supervisor.id}, ${agent.name}, ${supervisor.name}, 1, ${at})
      on conflict (agent_id, supervisor_id) do update
        set last_seq = t.last_seq + 1, last_at = greatest(t.last_at, excluded.last_at),
          agent_name = excluded.agent_name, supervisor_name = excluded.supervisor_name
      returning id, last_seq, last_at
    ), message as (
      insert into chat_messages
        (id, thread_id, seq, client_id, author_id, author_name, text, words, call_id, broadcast_id, sent_at)
      select ${v7({ msecs: message.atMs })}, id, last_seq, ${message.clientId}, ${author.id}, ${author.name},
        ${message.text}, array_to_tsvector(${wordsOf(message.text)}::text[]), ${message.callId}::uuid,
        ${message.broadcastId}::uuid, last_at
      from thread
      returning *
    ), quickly as (select set_config('synchronous_commit', 'off', true))
    select ${columns} from message m, quickly`;
};

const columns = sql`m.id, m.thread_id as "threadId", m.seq, m.client_id as "clientId", m.author_id as "authorId",
  m.author_name as "authorName", m.text, m.call_id as "callId", m.broadcast_id as "broadcastId",
  m.sent_at as "sentAt"`;
const people = sql`t.agent_id as "agentId", t.agent_name as "agentName", t.supervisor_id as "supervisorId",
  t.supervisor_name as "supervisorName"`;

const uniqueViolation = '23505';

/** Null when the author has sent one of this `clientId` before; then nothing is changed. */
export async function insertMessage(db: Database, message: NewMessage): Promise<ChatMessage | null> {
  try {
    const { rows } = await insert(message).execute(db);
    return messageOf(rows[0]!);
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string };
    if (code === uniqueViolation && constraint === 'chat_messages_author_id_client_id_key') return null;
    throw error;
  }
}

/** What was inserted before is on the disk when this settles; the other servers hear of it, unless there is nothing to say. */
export async function settle(db: Database, notice: string | null): Promise<void> {
  // A record of its own in the log of the database, without which its commit would not wait for the disk.
  const written = sql`pg_logical_emit_message(true, ${chatChannel}, '')`;
  if (notice === null) await sql`select ${written}`.execute(db);
  else await sql`select ${written}, pg_notify(${chatChannel}, ${notice})`.execute(db);
}

export async function findByClientId(
  db: Database,
  authorId: string,
  clientId: string,
): Promise<ChatFound | null> {
  const { rows } = await sql<FoundRow>`select ${columns}, ${people}
    from chat_messages m join chat_threads t on t.id = m.thread_id
    where m.author_id = ${authorId}::uuid and m.client_id = ${clientId}::uuid`.execute(db);
  return rows[0] ? foundOf(rows[0]) : null;
}

export async function findById(db: Database, id: string): Promise<ChatFound | null> {
  const { rows } = await sql<FoundRow>`select ${columns}, ${people}
    from chat_messages m join chat_threads t on t.id = m.thread_id where m.id = ${id}::uuid`.execute(db);
  return rows[0] ? foundOf(rows[0]) : null;
}

/** In the order of `seq`; from the end unless `after` is given. */
export async function findMessages(
  db: Database,
  o: { threadId: string; before?: number | undefined; after?: number | undefined; limit: number },
): Promise<ChatMessage[]> {
  const before = o.before === undefined ? sql`` : sql`and m.seq < ${o.before}`;
  const after = o.after === undefined ? sql`` : sql`and m.seq > ${o.after}`;
  const order = o.after === undefined ? sql`desc` : sql`asc`;
  const { rows } = await sql<MessageRow>`select ${columns} from chat_messages m
    where m.thread_id = ${o.threadId}::uuid ${before} ${after} order by m.seq ${order} limit ${o.limit}`.execute(
    db,
  );
  return (o.after === undefined ? rows.reverse() : rows).map(messageOf);
}

/** Newest first, in the person's own threads. */
export async function searchMessages(
  db: Database,
  o: { personId: string; query: string; before: string | undefined; limit: number },
): Promise<ChatFound[]> {
  const before = o.before === undefined ? sql`` : sql`and m.id < ${o.before}::uuid`;
  const { rows } = await sql<FoundRow>`select ${columns}, ${people}
    from chat_messages m join chat_threads t on t.id = m.thread_id
    where (t.agent_id = ${o.personId}::uuid or t.supervisor_id = ${o.personId}::uuid)
      and m.words @@ ${o.query}::tsquery ${before} order by m.id desc limit ${o.limit}`.execute(db);
  return rows.map(foundOf);
}

/** What was written while this call went on; `personId`: in that person's own threads only. */
export async function findOfCall(
  db: Database,
  o: { callId: string; personId: string | null; limit: number },
): Promise<ChatFound[]> {
  const own =
    o.personId === null
      ? sql``
      : sql`and (t.agent_id = ${o.personId}::uuid or t.supervisor_id = ${o.personId}::uuid)`;
  const { rows } = await sql<FoundRow>`select ${columns}, ${people}
    from chat_messages m join chat_threads t on t.id = m.thread_id
    where m.call_id = ${o.callId}::uuid ${own} order by m.sent_at, m.thread_id, m.seq limit ${o.limit}`.execute(
    db,
  );
  return rows.map(foundOf);
}

/** At most `limit` of the oldest, and the threads that hold nothing any more. Returns how many messages went. */
export async function deleteOld(db: Database, before: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`delete from chat_messages where id in (
    select id from chat_messages where sent_at < ${before} order by sent_at limit ${limit})`.execute(db);
  await sql`delete from chat_threads t where t.last_at < ${before}
    and not exists (select from chat_messages m where m.thread_id = t.id)`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

const messageOf = (row: MessageRow): ChatMessage => ({
  id: row.id,
  threadId: row.threadId,
  seq: row.seq,
  clientId: row.clientId,
  author: { id: row.authorId, name: row.authorName },
  text: row.text,
  callId: row.callId,
  broadcast: row.broadcastId !== null,
  sentAt: row.sentAt.toISOString(),
});

const foundOf = (row: FoundRow): ChatFound => ({
  message: messageOf(row),
  agent: { id: row.agentId, name: row.agentName },
  supervisor: { id: row.supervisorId, name: row.supervisorName },
});
