import { sql, type Transaction } from 'kysely';
import type { NamedRef } from '../../contract/common.ts';
import type { Queue } from '../../contract/queues.ts';
import type { Database } from '../../database/database.ts';
import type { Tables } from '../../database/generated/tables.ts';
import type { DayFigures } from './queue-day.ts';

/** Every queue of the PBX that was set up or seen, by name. */
export async function readQueues(db: Database, pbx: string): Promise<Queue[]> {
  const rows = await db.selectFrom('queues').selectAll().where('pbx', '=', pbx).orderBy('name').execute();
  const links = await db
    .selectFrom('queue_teams')
    .innerJoin('teams', 'teams.id', 'queue_teams.team_id')
    .select(['queue_teams.queue', 'teams.id', 'teams.name'])
    .where('queue_teams.pbx', '=', pbx)
    .orderBy('teams.name')
    .execute();
  const teams = Map.groupBy(links, (link) => link.queue);
  return rows.map((row) => ({
    id: row.id,
    pbx: row.pbx,
    name: row.name,
    teams: (teams.get(row.id) ?? []).map(({ id, name }): NamedRef => ({ id, name })),
    serviceLevelTargetMs: row.service_level_target_ms,
    origin: row.origin as Queue['origin'],
  }));
}

/** Notes queues seen on the PBX; those known already stay as they are. */
export async function insertSeenQueues(
  db: Database | Transaction<Tables>,
  pbx: string,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await db
    .insertInto('queues')
    .values(ids.map((id) => ({ pbx, id, name: id })))
    .onConflict((conflict) => conflict.columns(['pbx', 'id']).doNothing())
    .execute();
}

/** Writes what an administrator set; `teamIds` null leaves the teams. */
export async function writeQueue(
  tx: Transaction<Tables>,
  queue: {
    pbx: string;
    id: string;
    name?: string;
    serviceLevelTargetMs?: number;
    teamIds: readonly string[] | null;
  },
): Promise<void> {
  const { pbx, id, name, serviceLevelTargetMs, teamIds } = queue;
  const given = {
    origin: 'configured',
    ...(name === undefined ? {} : { name }),
    ...(serviceLevelTargetMs === undefined ? {} : { service_level_target_ms: serviceLevelTargetMs }),
  };
  await tx
    .insertInto('queues')
    .values({ pbx, id, name: id, ...given })
    .onConflict((conflict) => conflict.columns(['pbx', 'id']).doUpdateSet(given))
    .execute();
  if (teamIds === null) return;
  await tx.deleteFrom('queue_teams').where('pbx', '=', pbx).where('queue', '=', id).execute();
  if (teamIds.length === 0) return;
  await tx
    .insertInto('queue_teams')
    .values(teamIds.map((teamId) => ({ pbx, queue: id, team_id: teamId })))
    .execute();
}

/** Calls longer than this are not looked for among those that ended today. */
const longestCallMs = 24 * 3_600_000;

/**
 * The finished stays in each queue from `dayStartMs` on, as the calls table tells them, without the calls of
 * `exceptIds`.
 */
export async function readDayFigures(
  db: Database,
  pbx: string,
  dayStartMs: number,
  exceptIds: readonly string[],
): Promise<Map<string, DayFigures>> {
  const day = new Date(dayStartMs);
  const { rows } = await sql<DayFigures & { queue: string }>`
    select v ->> 'queue' as queue,
           count(*) as finished,
           count(*) filter (where v ->> 'outcome' = 'answered') as answered,
           count(*) filter (where v ->> 'outcome' = 'abandoned') as abandoned,
           count(*) filter (where v ->> 'outcome' = 'answered'
             and extract(epoch from (v ->> 'to')::timestamptz - (v ->> 'from')::timestamptz) * 1000
                 <= coalesce(q.service_level_target_ms, 20000)) as "answeredInTime"
      from calls c
     cross join lateral jsonb_array_elements(c.queue_visits) v
      left join queues q on q.pbx = c.pbx and q.id = v ->> 'queue'
     where c.pbx = ${pbx}
       and c.started_at >= ${new Date(dayStartMs - longestCallMs)}
       and (v ->> 'to')::timestamptz >= ${day}
       and c.id <> all(${[...exceptIds]}::uuid[])
     group by 1`.execute(db);
  return new Map(rows.map(({ queue, ...figures }) => [queue, figures]));
}
