import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Call, CallFilters } from '../../contract/calls.ts';
import type { Database } from '../../database/database.ts';
import type { CallsTable } from '../../database/generated/tables.ts';
import type { CallScope } from './call-scope.ts';
import type { EndedCall } from './live-calls.ts';

/** How a row comes back: generated columns read as plain ones. */
export type CallRow = {
  [Column in keyof CallsTable]: CallsTable[Column] extends { __select__: infer Read }
    ? Read
    : CallsTable[Column];
};

/**
 * Writes finished calls in one statement. A record folded from fewer facts never replaces one folded from more, nor one
 * whose end nobody saw one whose end was seen: so writing twice, or an old version after a new one, changes nothing.
 */
export async function saveCalls(db: Database, ended: readonly EndedCall[]): Promise<void> {
  const rows = JSON.stringify(ended.map(rowOf));
  await sql`
    insert into calls select * from jsonb_populate_recordset(null::calls, ${rows}::jsonb)
    on conflict (pbx, unique_id) do update set ${assignments}
    where calls.revision <= excluded.revision
      and (excluded.last_seen_at is null or calls.last_seen_at is not null)`.execute(db);
}

/** Takes back records of what turned out to be no call. */
export async function deleteCalls(db: Database, ids: readonly string[]): Promise<void> {
  await db.deleteFrom('calls').where('id', 'in', ids).execute();
}

/** The record as a row of `calls`, times as ISO texts. */
function rowOf({ call, agentIds, revision }: EndedCall) {
  const { caller, callee, customer, agent } = call;
  return {
    id: call.id,
    pbx: call.pbx,
    unique_id: call.uniqueId,
    linked_id: call.linkedId,
    original_call_id: call.originalCallId,
    conversation_id: call.conversationId,
    direction: call.direction,
    origin: call.origin,
    dialled: call.dialled,
    queue: call.queue,
    state: call.state,
    phase: call.phase,
    reason: call.reason,
    ended_by: call.endedBy,
    cause: call.cause,
    sip_code: call.sipCode,
    started_at: call.startedAt,
    answered_at: call.answeredAt,
    ended_at: call.endedAt,
    last_seen_at: call.lastSeenAt,
    menu_ms: call.menuMs,
    wait_ms: call.waitMs,
    ring_ms: call.ringMs,
    talk_ms: call.talkMs,
    hold_ms: call.holdMs,
    caller_id: caller.id,
    caller_number: caller.number,
    caller_name: caller.name,
    callee_id: callee.id,
    callee_number: callee.number,
    callee_name: callee.name,
    callee_public_name: callee.publicName,
    customer_id: customer?.id ?? null,
    customer_number: customer?.number ?? null,
    customer_name: customer?.name ?? null,
    customer_nickname: customer?.nickname ?? null,
    has_customer: customer !== null,
    agent_id: agent?.id ?? null,
    agent_name: agent?.name ?? null,
    agent_ids: agentIds,
    queues: [...new Set(call.queueVisits.map(({ queue }) => queue))],
    queue_visits: call.queueVisits,
    segments: call.segments,
    legs: call.legs,
    revision,
    updated_at: new Date().toISOString(),
  } satisfies Record<keyof CallsTable, unknown>;
}
const emptyCall = { caller: {}, callee: {}, customer: null, agent: null, queueVisits: [] } as unknown as Call;
const columns = Object.keys(rowOf({ call: emptyCall, agentIds: [], revision: 0 })).filter(
  // Its key, and what no later fact can change.
  (column) => !['id', 'pbx', 'unique_id', 'original_call_id', 'conversation_id'].includes(column),
);
const assignments = sql.join(columns.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`));

export interface CallPosition {
  startedAt: string;
  id: string;
}
export interface CallSearch {
  filters: CallFilters;
  scope: CallScope;
  /** Calls that are shown from memory instead. */
  exceptIds: readonly string[];
}

/** A page of records, newest first, after a position. */
export async function findCalls(
  db: Database,
  search: CallSearch,
  page: { after: CallPosition | null; limit: number },
): Promise<CallRow[]> {
  const after = page.after
    ? sql<SqlBool>`(c.started_at, c.id) < (${page.after.startedAt}::timestamptz, ${page.after.id}::uuid)`
    : sql<SqlBool>`true`;
  const found = await sql<CallRow>`
    select c.* from calls c where ${conditions(search)} and ${after}
    order by c.started_at desc, c.id desc limit ${page.limit}`.execute(db);
  return found.rows;
}

export interface CallCounts {
  state: string;
  calls: number;
  waitMs: number;
  talkMs: number;
}
/** What the summary adds up, over exactly the records that `findCalls` finds. */
export async function countCalls(db: Database, search: CallSearch): Promise<CallCounts[]> {
  const found = await sql<CallCounts>`
    select c.state, count(*)::int as calls, 
      coalesce(sum(c.wait_ms) filter (where c.state = 'answered'), 0)::float8 as "waitMs",
      coalesce(sum(c.talk_ms) filter (where c.state = 'answered'), 0)::float8 as "talkMs"
    from calls c where ${conditions(search)} group by c.state`.execute(db);
  return found.rows;
}

export async function findCall(db: Database, id: string, scope: CallScope): Promise<CallRow | undefined> {
  const search = { filters: {}, scope, exceptIds: [] };
  const found =
    await sql<CallRow>`select c.* from calls c where c.id = ${id} and ${conditions(search)}`.execute(db);
  return found.rows[0];
}

export async function callExists(db: Database, id: string): Promise<boolean> {
  const found = await sql`select 1 from calls where id = ${id}`.execute(db);
  return found.rows.length > 0;
}

function conditions({ filters, scope, exceptIds }: CallSearch): RawBuilder<SqlBool> {
  const all: RawBuilder<SqlBool>[] = [sql`true`];
  if (filters.from) all.push(sql`c.started_at >= ${filters.from}::timestamptz`);
  if (filters.to) all.push(sql`c.started_at < ${filters.to}::timestamptz`);
  if (filters.agent) all.push(sql`c.agent_ids @> array[${filters.agent}::uuid]`);
  if (filters.pbx) all.push(sql`c.pbx = ${filters.pbx}`);
  if (filters.queue) all.push(passedQueue(filters.queue));
  if (filters.team) all.push(ofTeams([filters.team], false));
  // No call belongs to a site yet.
  if (filters.site) all.push(sql`false`);
  if (filters.state) all.push(sql`c.state = ${filters.state}`);
  if (filters.reason) all.push(sql`c.reason = ${filters.reason}`);
  if (filters.direction) all.push(sql`c.direction = ${filters.direction}`);
  if (filters.q) all.push(matches(filters.q));
  if (exceptIds.length > 0) all.push(sql`c.id <> all(${exceptIds}::uuid[])`);
  if (!scope.everything) all.push(ofTeams(scope.teamIds, true));
  return sql.join(all, sql` and `);
}

/** Given by its name, on every PBX, or by its key. */
function passedQueue(given: string): RawBuilder<SqlBool> {
  const cut = given.indexOf('/');
  const named = sql<SqlBool>`c.queues @> array[${given}]`;
  if (cut < 0) return named;
  const [pbx, queue] = [given.slice(0, cut), given.slice(cut + 1)];
  return sql`(${named} or (c.pbx = ${pbx} and c.queues @> array[${queue}]))`;
}

/** Calls in which somebody of the teams took part, or that passed a queue of theirs (or, if asked, of nobody's). */
function ofTeams(teamIds: readonly string[], orNoTeam: boolean): RawBuilder<SqlBool> {
  const ids = sql`${teamIds}::uuid[]`;
  const noTeam = orNoTeam
    ? sql`not exists (select 1 from queue_teams t where t.pbx = c.pbx and t.queue = passed.queue) or`
    : sql``;
  return sql`(
    c.agent_ids && array(select m.person_id from team_members m where m.team_id = any(${ids}))
    or exists (select 1 from unnest(c.queues) passed(queue) where ${noTeam} exists (
      select 1 from queue_teams t where t.pbx = c.pbx and t.queue = passed.queue and t.team_id = any(${ids}))))`;
}

function matches(words: string): RawBuilder<SqlBool> {
  const pattern = `%${words.replaceAll('\u0000', '').replace(/[\\%_]/g, '\\$&')}%`;
  const fields = [
    'caller_number',
    'caller_name',
    'callee_number',
    'callee_name',
    'customer_number',
    'customer_name',
  ]
    .concat(['customer_nickname', 'agent_name', 'dialled', 'queue', 'unique_id'])
    .map((field) => sql`coalesce(c.${sql.ref(field)}, '')`);
  return sql`concat_ws(' ', ${sql.join(fields)}) ilike ${pattern}`;
}

/** Which queue belongs to which teams. */
export async function queueTeams(db: Database): Promise<{ pbx: string; queue: string; team_id: string }[]> {
  return db.selectFrom('queue_teams').select(['pbx', 'queue', 'team_id']).execute();
}
