import type { Selectable } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { OutsideListeningsTable } from '../../database/generated/tables.ts';

/** One listening, as it is kept. Times are milliseconds. */
export interface KeptListening {
  id: string;
  pbx: string;
  spyUniqueId: string;
  spyChannel: string;
  via: 'chanspy' | 'snoop';
  app: string;
  listenerId: string | null;
  targetUniqueId: string | null;
  agentId: string | null;
  callId: string | null;
  fromMs: number;
  toMs: number | null;
  beganTold: boolean;
  endedTold: boolean;
}

/** Writes it as it is now. */
export async function keepListening(db: Database, one: KeptListening): Promise<void> {
  const row = {
    id: one.id,
    pbx: one.pbx,
    spy_unique_id: one.spyUniqueId,
    spy_channel: one.spyChannel,
    via: one.via,
    app: one.app,
    listener_id: one.listenerId,
    target_unique_id: one.targetUniqueId,
    agent_id: one.agentId,
    call_id: one.callId,
    from_at: new Date(one.fromMs),
    to_at: one.toMs === null ? null : new Date(one.toMs),
    began_told: one.beganTold,
    ended_told: one.endedTold,
  };
  await db
    .insertInto('outside_listenings')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** Those whose end the audit log does not hold. */
export async function openListenings(db: Database): Promise<KeptListening[]> {
  const rows = await db
    .selectFrom('outside_listenings')
    .selectAll()
    .where('ended_told', '=', false)
    .execute();
  return rows.map(ofRow);
}

function ofRow(row: Selectable<OutsideListeningsTable>): KeptListening {
  return {
    id: row.id,
    pbx: row.pbx,
    spyUniqueId: row.spy_unique_id,
    spyChannel: row.spy_channel,
    via: row.via as KeptListening['via'],
    app: row.app,
    listenerId: row.listener_id,
    targetUniqueId: row.target_unique_id,
    agentId: row.agent_id,
    callId: row.call_id,
    fromMs: row.from_at.getTime(),
    toMs: row.to_at?.getTime() ?? null,
    beganTold: row.began_told,
    endedTold: row.ended_told,
  };
}
