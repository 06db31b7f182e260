import { sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import { readDayFigures } from '../../src/features/agents/queues.repository.ts';
import {
  type CallSearch,
  countCalls,
  findCalls,
  saveCalls,
} from '../../src/features/calls/calls.repository.ts';
import type { EndedCall } from '../../src/features/calls/live-calls.ts';
import { recordId } from '../../src/features/calls/record-id.ts';
import { openTestDatabase } from '../../test/support/database.ts';
import { fold, transcripts } from '../../test/support/transcripts.ts';
import { round } from './growth-agents.ts';
import { median } from './process-cost.ts';

/** A year of them, however many. */
const days = 365;
const repeats = 5;
const written = 500;
const rowsAtOnce = 20_000;

/** A database with a year of so many records: what a supervisor waits for, and what one more batch costs. Milliseconds. */
export async function growWithRecords(records: number) {
  const database = await openTestDatabase();
  try {
    const { db } = database;
    const seeds = endedCalls('seed', 60);
    await saveCalls(db, seeds);
    await multiply(db, Math.ceil(records / seeds.length));
    await sql`vacuum analyze calls`.execute(db);
    const everything = { everything: true, teamIds: [] };
    const search = (filters: CallSearch['filters']): CallSearch => ({
      filters,
      scope: everything,
      exceptIds: [],
    });
    const page = { after: null, limit: 50 };
    const agentId = '01900000-0000-7000-8000-000000000001';
    const weekAgo = new Date(Date.now() - 7 * 86_400_000).toISOString();
    const midnight = new Date().setHours(0, 0, 0, 0);
    const size = await sql<{ bytes: string }>`select pg_total_relation_size('calls') as bytes`.execute(db);
    return {
      records,
      gigabytes: round(Number(size.rows[0]!.bytes) / 1e9),
      newestPageMs: await timed(() => findCalls(db, search({}), page)),
      oneAgentsPageMs: await timed(() => findCalls(db, search({ agent: agentId }), page)),
      oneQueuesPageMs: await timed(() => findCalls(db, search({ queue: 'waiting' }), page)),
      weekSummaryMs: await timed(() => countCalls(db, search({ from: weekAgo }))),
      weekSearchMs: await timed(() => findCalls(db, search({ from: weekAgo, q: '0699999999' }), page)),
      yearSummaryMs: await timed(() => countCalls(db, search({}))),
      todaysQueuesMs: await timed(() => readDayFigures(db, ['main', 'lab'], midnight, [])),
      batchOf500Ms: await timed((n) => saveCalls(db, endedCalls(`batch-${n}`, written))),
    };
  } finally {
    await database.close();
  }
}

async function timed(work: (n: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < repeats; n++) {
    const startMs = performance.now();
    await work(n);
    times.push(performance.now() - startMs);
  }
  return round(median(times));
}

/** Calls as real ones are, each with a key of its own, that began now. */
function endedCalls(name: string, count: number): EndedCall[] {
  const real = transcripts().flatMap(({ facts }) => fold(facts));
  const now = Date.now();
  return Array.from({ length: count }, (_, i) => {
    const call = real[i % real.length]!;
    const uniqueId = `${name}-${i}`;
    const id = recordId(now + i, call.pbx, uniqueId);
    return { call: { ...call, id, uniqueId }, agentIds: [], revision: 1 };
  });
}

/** Each row so many times, spread over the year and over 200 agents. */
async function multiply(db: Database, times: number): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = 'public' and table_name = 'calls' order by ordinal_position`.execute(db);
  const back = sql`make_interval(secs => n * ${days * 86_400}::float8 / ${times})`;
  const value = (name: string) => {
    if (name === 'id') return sql`gen_random_uuid()`;
    if (name === 'unique_id') return sql`c.unique_id || '-' || n`;
    if (name === 'agent_ids')
      return sql`array[('01900000-0000-7000-8000-' || lpad(to_hex(n % 200), 12, '0'))::uuid]`;
    if (name.endsWith('_at')) return sql`now() - ${back} + (c.${sql.ref(name)} - c.started_at)`;
    return sql`c.${sql.ref(name)}`;
  };
  const { n: seeds } = (await sql<{ n: number }>`select count(*)::int as n from calls`.execute(db)).rows[0]!;
  await sql`create table seeds as select * from calls`.execute(db);
  // A statement has its deadline.
  const step = Math.ceil(rowsAtOnce / seeds);
  for (let from = 1; from <= times; from += step)
    await sql`insert into calls (${sql.join(rows.map(({ name }) => sql.ref(name)))})
      select ${sql.join(rows.map(({ name }) => value(name)))}
      from seeds c cross join generate_series(${from}::int, ${Math.min(times, from + step - 1)}::int) n`.execute(
      db,
    );
}
