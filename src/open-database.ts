import { startPrivateDatabase } from './adapters/postgres-embedded/private-database.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import type { DatabasePresence } from './database/presence.ts';
import type { Log } from './ports/log.ts';

export interface OpenDatabase {
  db: Database;
  url: string;
  presence: DatabasePresence;
  /** Names of the migrations that were applied now. */
  migrated: string[];
  close(): Promise<void>;
}

/** The database of the settings, brought to the newest schema: DATABASE_URL, or the private one in DATA_DIR. */
export async function openConfiguredDatabase(
  config: Config,
  log: Log,
  progress?: (text: string) => void,
): Promise<OpenDatabase> {
  const { databaseUrl, dataDir } = config;
  const own = databaseUrl
    ? null
    : await startPrivateDatabase({ dataDir, log, ...(progress ? { progress } : {}) });
  const url = databaseUrl ?? own!.url;
  const { db, presence, close } = openDatabase(url);
  const closeAll = async () => {
    await close();
    await own?.stop();
  };
  try {
    return { db, url, presence, migrated: await migrate(db), close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
