import type { AlertThresholds } from '../../contract/alerts.ts';
import type { Database } from '../../database/database.ts';

/** Null when nobody has set any. */
export async function readThresholds(db: Database): Promise<AlertThresholds | null> {
  const row = await db.selectFrom('alert_thresholds').select('thresholds').executeTakeFirst();
  return (row?.thresholds as AlertThresholds | undefined) ?? null;
}

export async function writeThresholds(
  db: Database,
  thresholds: AlertThresholds,
  by: { personId: string; atMs: number },
): Promise<void> {
  const values = {
    thresholds: JSON.stringify(thresholds),
    changed_at: new Date(by.atMs),
    changed_by: by.personId,
  };
  await db
    .insertInto('alert_thresholds')
    .values(values)
    .onConflict((conflict) => conflict.column('only_row').doUpdateSet(values))
    .execute();
}
