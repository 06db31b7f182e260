import { type Selectable, sql } from 'kysely';
import type { ScreenEnd, ScreenViewing } from '../../contract/screens.ts';
import type { Database } from '../../database/database.ts';
import type { ScreenViewingsTable } from '../../database/generated/tables.ts';
import type { Viewer } from '../../ports/viewer.ts';

type Row = Selectable<ScreenViewingsTable>;

export async function insertViewing(db: Database, viewing: ScreenViewing): Promise<void> {
  const { id, by, agent, scope, callId, reason, startedAt, endsAt } = viewing;
  await db
    .insertInto('screen_viewings')
    .values({
      id,
      person_id: by.id,
      person_name: by.name,
      agent_id: agent.id,
      agent_name: agent.name,
      scope,
      call_id: callId,
      reason,
      started_at: new Date(startedAt),
      ends_at: endsAt === null ? null : new Date(endsAt),
    })
    .execute();
}

/** Ending twice is fine: the first end stays. */
export async function endViewing(
  db: Database,
  { id, endedAt, endedBecause }: Pick<ScreenViewing, 'id' | 'endedAt' | 'endedBecause'>,
): Promise<void> {
  await db
    .updateTable('screen_viewings')
    .set({ ended_at: endedAt === null ? null : new Date(endedAt), ended_because: endedBecause })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .execute();
}

/** Takes back what never began. */
export async function deleteViewing(db: Database, id: string): Promise<void> {
  await db.deleteFrom('screen_viewings').where('id', '=', id).execute();
}

/** Those an earlier run of the server did not end. */
export async function unendedViewings(db: Database): Promise<ScreenViewing[]> {
  const query = db.selectFrom('screen_viewings').selectAll().where('ended_at', 'is', null);
  return (await query.orderBy('id').execute()).map(viewingOfRow);
}

export interface ViewingFilters {
  agentId?: string | undefined;
  isOpen?: boolean | undefined;
  /** Only older ones than this id. */
  before?: string | undefined;
  limit: number;
}

/** Newest first: of the viewer's agents, and his own. */
export async function listViewings(
  db: Database,
  viewer: Viewer,
  { agentId, isOpen, before, limit }: ViewingFilters,
): Promise<ScreenViewing[]> {
  let query = scoped(db, viewer);
  if (agentId) query = query.where('agent_id', '=', agentId);
  if (isOpen !== undefined) query = query.where('ended_at', isOpen ? 'is' : 'is not', null);
  if (before) query = query.where('id', '<', before);
  return (await query.orderBy('id', 'desc').limit(limit).execute()).map(viewingOfRow);
}

export async function findViewing(
  db: Database,
  viewer: Viewer,
  id: string,
): Promise<ScreenViewing | undefined> {
  const row = await scoped(db, viewer).where('id', '=', id).executeTakeFirst();
  return row && viewingOfRow(row);
}

function scoped(db: Database, viewer: Viewer) {
  const query = db.selectFrom('screen_viewings').selectAll();
  if (viewer.everyTeam) return query;
  const teams = sql<string[]>`${[...viewer.teamIds]}::uuid[]`;
  return query.where((where) =>
    where.or([
      where('person_id', '=', viewer.personId),
      where.exists(
        where
          .selectFrom('team_members')
          .select('person_id')
          .whereRef('team_members.person_id', '=', 'screen_viewings.agent_id')
          .where(sql<boolean>`team_members.team_id = any(${teams})`),
      ),
    ]),
  );
}

const viewingOfRow = (row: Row): ScreenViewing => ({
  id: row.id,
  agent: { id: row.agent_id, name: row.agent_name },
  by: { id: row.person_id, name: row.person_name },
  scope: row.scope as ScreenViewing['scope'],
  callId: row.call_id,
  reason: row.reason,
  startedAt: row.started_at.toISOString(),
  endsAt: row.ends_at?.toISOString() ?? null,
  endedAt: row.ended_at?.toISOString() ?? null,
  endedBecause: row.ended_because as ScreenEnd | null,
});
