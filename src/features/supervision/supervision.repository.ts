import { type Insertable, type Selectable, sql } from 'kysely';
import type { Supervision } from '../../contract/supervisions.ts';
import type { Database } from '../../database/database.ts';
import type { SupervisionsTable } from '../../database/generated/tables.ts';
import type { Viewer } from '../../ports/viewer.ts';
import type { SavedSession } from './session.ts';
import { callOf } from './supervision-view.ts';

export type SupervisionRow = Selectable<SupervisionsTable>;

/** Asked for by Idempotency-Key: what the same person gets when he repeats the request. */
export interface IdempotentRequest {
  personId: string;
  key: string;
  bodyHash: Buffer;
}

const route = 'POST /api/supervisions';

/** The session's row, and the reply kept for its Idempotency-Key: both or neither. */
export async function insertSupervision(
  db: Database,
  supervision: Supervision,
  row: Insertable<SupervisionsTable>,
  request: IdempotentRequest,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.insertInto('supervisions').values(row).execute();
    await saveReply(tx, request, supervision);
  });
}

export async function saveReply(
  db: Database,
  { personId, key, bodyHash }: IdempotentRequest,
  supervision: Supervision,
): Promise<void> {
  const kept = {
    route,
    body_hash: bodyHash,
    status: 201,
    reply: JSON.stringify(supervision),
    created_at: new Date(supervision.startedAt),
  };
  await db
    .insertInto('idempotency_keys')
    .values({ person_id: personId, key, ...kept })
    .onConflict((conflict) => conflict.columns(['person_id', 'key']).doUpdateSet(kept))
    .execute();
}

/** Takes back what `insertSupervision` wrote, if it did. */
export async function deleteReply(db: Database, id: string, request: IdempotentRequest): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('supervisions').where('id', '=', id).execute();
    await tx
      .deleteFrom('idempotency_keys')
      .where('person_id', '=', request.personId)
      .where('key', '=', request.key)
      .where(sql<boolean>`reply ->> 'id' = ${id}`)
      .execute();
  });
}

/** What was replied to this key since `sinceMs`, undefined when it is new. */
export async function keptReply(
  db: Database,
  { personId, key }: IdempotentRequest,
  sinceMs: number,
): Promise<{ bodyHash: Buffer; reply: Supervision } | undefined> {
  const row = await db
    .selectFrom('idempotency_keys')
    .select(['body_hash', 'reply'])
    .where('person_id', '=', personId)
    .where('key', '=', key)
    .where('created_at', '>', new Date(sinceMs))
    .executeTakeFirst();
  return row && { bodyHash: row.body_hash, reply: row.reply as Supervision };
}

export async function forgetReplies(db: Database, beforeMs: number): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('route', '=', route)
    .where('created_at', '<', new Date(beforeMs))
    .execute();
}

export function rowOf({ plan, state, memory }: SavedSession) {
  const changes = state.modeChanges.map(({ mode, atMs }) => ({ mode, at: new Date(atMs).toISOString() }));
  return {
    id: plan.id,
    person_id: plan.supervisor.id,
    person_name: plan.supervisor.name,
    agent_id: plan.agent.id,
    agent_name: plan.agent.name,
    pbx: plan.pbx,
    scope: plan.scope,
    device: plan.device,
    device_address: plan.deviceAddress,
    reason: plan.reason,
    target_leg: plan.targetUniqueId,
    started_at: new Date(plan.startedAtMs),
    mode: state.mode,
    state: state.state,
    live_at: state.liveAtMs === null ? null : new Date(state.liveAtMs),
    ended_at: state.endedAtMs === null ? null : new Date(state.endedAtMs),
    ended_because: state.endedBecause,
    paused: state.paused,
    ends_at: state.endsAtMs === null ? null : new Date(state.endsAtMs),
    question: state.question,
    memory: JSON.stringify(memory),
    calls: JSON.stringify(state.calls.map(callOf)),
    mode_changes: JSON.stringify(changes),
  } satisfies Insertable<SupervisionsTable>;
}

/** Its row as it is now, new or not. */
export async function saveSupervision(db: Database, row: Insertable<SupervisionsTable>): Promise<void> {
  const { id: _, ...fields } = row;
  await db
    .insertInto('supervisions')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(fields))
    .execute();
}

export async function openSupervisions(db: Database): Promise<SupervisionRow[]> {
  return db.selectFrom('supervisions').selectAll().where('state', '<>', 'ended').orderBy('id').execute();
}

/** Those of a PBX that is no longer configured: nobody can tell any more what became of them. */
export async function endOfOtherPbxs(
  db: Database,
  pbxNames: readonly string[],
  nowMs: number,
): Promise<void> {
  let query = db.updateTable('supervisions').set({
    state: 'ended',
    ended_because: 'lost',
    ended_at: new Date(nowMs),
  });
  if (pbxNames.length > 0) query = query.where('pbx', 'not in', [...pbxNames]);
  await query.where('state', '<>', 'ended').execute();
}

export interface SupervisionFilters {
  agentId?: string | undefined;
  isOpen?: boolean | undefined;
  /** Only older ones than this id. */
  before?: string | undefined;
  limit: number;
}

/** Newest first: those of the viewer's agents, and his own. */
export async function listSupervisions(
  db: Database,
  viewer: Viewer,
  { agentId, isOpen, before, limit }: SupervisionFilters,
): Promise<SupervisionRow[]> {
  let query = scoped(db, viewer);
  if (agentId) query = query.where('agent_id', '=', agentId);
  if (isOpen !== undefined) query = query.where('state', isOpen ? '<>' : '=', 'ended');
  if (before) query = query.where('id', '<', before);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

export async function findSupervision(
  db: Database,
  viewer: Viewer,
  id: string,
): Promise<SupervisionRow | undefined> {
  return scoped(db, viewer).where('id', '=', id).executeTakeFirst();
}

function scoped(db: Database, viewer: Viewer) {
  const query = db.selectFrom('supervisions').selectAll();
  if (viewer.everyTeam) return query;
  const teams = sql<string[]>`${[...viewer.teamIds]}::uuid[]`;
  return query.where((where) =>
    where.or([
      where('person_id', '=', viewer.personId),
      where.exists(
        where
          .selectFrom('team_members')
          .select('person_id')
          .whereRef('team_members.person_id', '=', 'supervisions.agent_id')
          .where(sql<boolean>`team_members.team_id = any(${teams})`),
      ),
    ]),
  );
}
