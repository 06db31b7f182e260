import type { PauseReason } from '../../contract/agent-page.ts';
import type { Database } from '../../database/database.ts';

export async function readPauseReasons(db: Database): Promise<PauseReason[]> {
  const rows = await db
    .selectFrom('pause_reasons')
    .select(['name', 'over_minutes as overMinutes'])
    .orderBy('position')
    .orderBy('name')
    .execute();
  return rows;
}

/** In the order given. */
export async function writePauseReasons(db: Database, reasons: readonly PauseReason[]): Promise<void> {
  const rows = reasons.map(({ name, overMinutes }, position) => ({
    name,
    position,
    over_minutes: overMinutes,
  }));
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('pause_reasons').execute();
    if (rows.length > 0) await tx.insertInto('pause_reasons').values(rows).execute();
  });
}

export interface HelpRow {
  agentId: string;
  text: string;
  sinceMs: number;
}

export async function readHelpRequests(db: Database): Promise<HelpRow[]> {
  const rows = await db.selectFrom('help_requests').selectAll().execute();
  return rows.map((row) => ({ agentId: row.agent_id, text: row.text, sinceMs: row.asked_at.getTime() }));
}

/** Asked again, the words are the new ones and the time the first. */
export async function writeHelpRequest(db: Database, { agentId, text, sinceMs }: HelpRow): Promise<void> {
  await db
    .insertInto('help_requests')
    .values({ agent_id: agentId, text, asked_at: new Date(sinceMs) })
    .onConflict((conflict) => conflict.column('agent_id').doUpdateSet({ text }))
    .execute();
}

export async function deleteHelpRequest(db: Database, agentId: string): Promise<void> {
  await db.deleteFrom('help_requests').where('agent_id', '=', agentId).execute();
}
