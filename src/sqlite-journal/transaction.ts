import type { DatabaseSync } from 'node:sqlite';

/** All that `act` does, or nothing of it; synced when it returns, where the file is opened so. Throws what SQLite says. */
export function transaction<T>(db: DatabaseSync, act: () => T): T {
  db.exec('begin immediate');
  try {
    const result = act();
    db.exec('commit');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    throw error;
  }
}
