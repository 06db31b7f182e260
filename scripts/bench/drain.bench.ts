/**
 * How fast records that waited go into PostgreSQL: the writer's own way against a bare batched INSERT of the same rows, with
 * the same indexes and the same sync, and against real time at 100 calls/s. Aims: at least 0.5× the bare one, at least 10×
 * real time. Setting: RECORDS (20000).
 */
import { sql } from 'kysely';
import { saveCalls } from '../../src/features/calls/calls.repository.ts';
import type { EndedCall } from '../../src/features/calls/live-calls.ts';
import { recordId } from '../../src/features/calls/record-id.ts';
import { createRecordWriter, writeLimits } from '../../src/features/calls/record-writer.ts';
import { systemClock as clock } from '../../src/ports/clock.ts';
import { quietLog as log } from '../../test/support/calls-people.ts';
import { openTestDatabase } from '../../test/support/database.ts';
import { fold, transcripts } from '../../test/support/transcripts.ts';

const total = Number(process.env['RECORDS'] || 20_000);
const realTimePerSecond = 100;
const database = await openTestDatabase();
const { db } = database;
const real = transcripts().flatMap(({ facts }) => fold(facts));

/** Calls as real ones are, each with a key of its own. */
function records(name: string): EndedCall[] {
  return Array.from({ length: total }, (_, i) => {
    const call = real[i % real.length]!;
    const uniqueId = `${name}-${i}`;
    const id = recordId(Date.parse(call.startedAt) + i, call.pbx, uniqueId);
    return { call: { ...call, id, uniqueId }, agentIds: [], revision: 1 };
  });
}

async function drained(ended: readonly EndedCall[]): Promise<number> {
  const startMs = performance.now();
  const writer = createRecordWriter({
    save: (batch) => saveCalls(db, batch),
    remove: async () => {},
    clock,
    log,
  });
  for (const one of ended) writer.add(one);
  const left = await writer.drain(600_000);
  writer.stop();
  if (left > 0) throw new Error(`${left} records were not written`);
  return performance.now() - startMs;
}

/** The same rows, copied out of the table and inserted again: nothing is folded, compared or made to JSON. */
async function bare(): Promise<number> {
  const found = await sql<Record<string, unknown>>`select * from calls`.execute(db);
  const rows = found.rows.map((row) => ({
    ...row,
    ...Object.fromEntries(
      ['queue_visits', 'segments', 'legs'].map((column) => [column, JSON.stringify(row[column])]),
    ),
  }));
  await sql`truncate calls`.execute(db);
  const columns = Object.keys(rows[0]!);
  // PostgreSQL takes 65,535 parameters in one statement.
  const atOnce = Math.min(writeLimits.batch, Math.floor(65_000 / columns.length));
  const startMs = performance.now();
  for (let i = 0; i < rows.length; i += atOnce)
    await db
      .insertInto('calls')
      .values(rows.slice(i, i + atOnce) as never)
      .execute();
  return performance.now() - startMs;
}

try {
  await drained(records('warm').slice(0, 1_000));
  await sql`truncate calls`.execute(db);
  const drainMs = await drained(records('drain'));
  const bareMs = await bare();
  const perSecond = Math.round((total / drainMs) * 1_000);
  console.log(
    JSON.stringify({
      benchmark: 'drain',
      records: total,
      ratio: Number((bareMs / drainMs).toFixed(2)),
      aim: 0.5,
      recordsPerSecond: perSecond,
      timesRealTime: Number((perSecond / realTimePerSecond).toFixed(1)),
    }),
  );
} finally {
  await database.close();
}
process.exit();
