import { sql, type Transaction } from 'kysely';
import type { NamedRef } from '../../contract/common.ts';
import { type Queue, queueKey } from '../../contract/queues.ts';
import type { Database } from '../../database/database.ts';
import type { Tables } from '../../database/generated/tables.ts';
import type { DayFigures } from './queue-day.ts';

/** Every queue of these PBXs that was set up or seen, by name. */
export async function readQueues(db: Database, pbxNames: readonly string[]): Promise<Queue[]> {
  const of = [...pbxNames];
  const found = db.selectFrom('queues').selectAll().where('pbx', 'in', of);
  const rows = await found.orderBy('name').orderBy('pbx').execute();
  const links = await db
    .selectFrom('queue_teams')
    .innerJoin('teams', 'teams.id', 'queue_teams.team_id')
    .select(['queue_teams.pbx', 'queue_teams.queue', 'teams.id', 'teams.name'])
    .where('queue_teams.pbx', 'in', of)
    .orderBy('teams.name')
    .execute();
  const teams = Map.groupBy(links, (link) => queueKey(link.pbx, link.queue));
  return rows.map((row) => ({
    id: row.id,
    pbx: row.pbx,
    name: row.name,
    teams: (teams.get(queueKey(row.pbx, row.id)) ?? []).map(({ id, name }): NamedRef => ({ id, name })),
    serviceLevelTargetMs: row.service_level_target_ms,
    origin: row.origin as Queue['origin'],
  }));
}

/** Notes queues seen on the PBX; those known already stay as they are. */
export async function insertSeenQueues(
  db: Database | Transaction<Tables>,
  queues: readonly { pbx: string; queue: string }[],
): Promise<void> {
  if (queues.length === 0) return;
  await db
    .insertInto('queues')
    .values(queues.map(({ pbx, queue }) => ({ pbx, id: queue, name: queue })))
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
 * The finished stays in each queue of these PBXs, by its key, from `dayStartMs` on, as the calls table tells them,
 * without the calls of `exceptIds`.
 */
export async function readDayFigures(
  db: Database,
  pbxNames: readonly string[],
  dayStartMs: number,
  exceptIds: readonly string[],
): Promise<Map<string, DayFigures>> {
  const day = new Date(dayStartMs);
  const { rows } = await sql<DayFigures & { pbx: string; queue: string }>`
    select c.pbx, v ->> 'queue' as queue,
           count(*) as finished,
           count(*) filter (where v ->> 'outcome' = 'answered') as answered,
           count(*) filter (where v ->> 'outcome' = 'abandoned') as abandoned,
           count(*) filter (where v ->> 'outcome' = 'answered'
             and extract(epoch from (v ->> 'to')::timestamptz - (v ->> 'from')::timestamptz) * 1000
                 <= coalesce(q.service_level_target_ms, 20000)) as "answeredInTime"
      from calls c
     cross join lateral jsonb_array_elements(c.queue_visits) v
      left join queues q on q.pbx = c.pbx and q.id = v ->> 'queue'
     where c.pbx = any(${[...pbxNames]})
       and c.started_at >= ${new Date(dayStartMs - longestCallMs)}
       and (v ->> 'to')::timestamptz >= ${day}
       and c.id <> all(${[...exceptIds]}::uuid[])
     group by 1, 2`.execute(db);
  return new Map(rows.map(({ pbx, queue, ...figures }) => [queueKey(pbx, queue), figures]));
}
