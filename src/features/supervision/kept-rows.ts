import type { Database } from '../../database/database.ts';
import type { Log } from '../../ports/log.ts';
import type { WaitingItem, WriteBehind } from '../../ports/write-behind.ts';
import { type rowOf, saveSupervision } from './supervision.repository.ts';

type Row = ReturnType<typeof rowOf>;
const kind = 'supervision';
const atOnce = 100;

/** Keeps a row on this server's disk while the database is away, so that a restart finds the supervision. Says whether it could. */
export async function keepRow(behind: WriteBehind | undefined, row: Row, log: Log): Promise<boolean> {
  if (!behind) return false;
  return await behind.put(kind, [itemOf(row)]).then(
    () => true,
    (error: unknown) => {
      log.error({ err: error, supervisionId: row.id }, 'A supervision could not be kept on this disk either');
      return false;
    },
  );
}

/** Another version that was kept meanwhile stays. */
export async function letGoOfRow(behind: WriteBehind | undefined, row: Row): Promise<void> {
  const found = (await behind?.oldest(kind, atOnce)) ?? [];
  await behind?.remove(
    kind,
    found.filter(({ key }) => key === row.id),
  );
}

/** Brings what an earlier run of the server kept to the database. */
export async function writeKeptRows(db: Database, behind: WriteBehind): Promise<void> {
  for (;;) {
    const items = await behind.oldest(kind, atOnce);
    if (items.length === 0) return;
    for (const { body } of items) await saveSupervision(db, JSON.parse(body) as Row);
    await behind.remove(kind, items);
  }
}

const itemOf = (row: Row): WaitingItem => ({ key: row.id, body: JSON.stringify(row) });
