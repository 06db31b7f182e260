import { sql } from 'kysely';
import type { RetentionRun } from '../../contract/policy.ts';
import type { Database } from '../../database/database.ts';

/** Deletes at most `limit` of the oldest rows older than `before`. Returns how many. */
export type PurgeBatch = (db: Database, before: Date, limit: number) => Promise<number>;

/** With a call go its legs, segments and queue visits, which are in its row, and what was said about it. */
export const purgeCalls: PurgeBatch = (db, before, limit) =>
  db.transaction().execute(async (tx) => {
    const old = await tx
      .deleteFrom('calls')
      .where('id', 'in', (calls) =>
        calls
          .selectFrom('calls')
          .select('id')
          .where('started_at', '<', before)
          .orderBy('started_at')
          .limit(limit),
      )
      .returning('id')
      .execute();
    const ids = old.map(({ id }) => id);
    if (ids.length > 0) await tx.deleteFrom('call_marks').where('call_id', 'in', ids).execute();
    return ids.length;
  });

/** Those that are over, with the calls and the changes of mode that each one lists; and who listened without us. */
export const purgeSupervisions: PurgeBatch = async (db, before, limit) => {
  const own = await deleted(
    sql`
    delete from supervisions where id in (
      select id from supervisions where state = 'ended' and started_at < ${before} order by started_at limit ${limit}
    )`.execute(db),
  );
  const outside = await deleted(
    sql`
    delete from outside_listenings where id in (
      select id from outside_listenings where ended_told and from_at < ${before} order by from_at limit ${limit}
    )`.execute(db),
  );
  return own + outside;
};

export const purgeEvaluations: PurgeBatch = (db, before, limit) =>
  deleted(
    sql`
    delete from evaluations where id in (
      select id from evaluations where created_at < ${before} order by created_at limit ${limit}
    )`.execute(db),
  );

const deleted = async (query: Promise<{ numAffectedRows?: bigint }>): Promise<number> =>
  Number((await query).numAffectedRows ?? 0n);

/** As many nights as are kept. */
const runsKept = 400;

export async function insertRun(db: Database, run: RetentionRun): Promise<void> {
  await db
    .insertInto('retention_runs')
    .values({
      started_at: new Date(run.startedAt),
      ended_at: new Date(run.endedAt),
      kinds: JSON.stringify(run.kinds),
    })
    .execute();
  await sql`
    delete from retention_runs
    where id <= (select id from retention_runs order by id desc offset ${runsKept} limit 1)`.execute(db);
}

export async function findLastRun(db: Database): Promise<RetentionRun | null> {
  const row = await db
    .selectFrom('retention_runs')
    .select(['started_at', 'ended_at', 'kinds'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) return null;
  return {
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at.toISOString(),
    kinds: row.kinds as RetentionRun['kinds'],
  };
}
