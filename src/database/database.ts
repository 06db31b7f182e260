import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Tables } from './generated/tables.ts';
import { createDatabasePresence, type DatabasePresence } from './presence.ts';
import { translatingPool } from './unavailable.ts';

export type Database = Kysely<Tables>;

/** Times come back as Date; bigint and numeric as numbers, which suits counts and milliseconds. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export const poolSizeMax = 10;
const connectTimeoutMs = 3_000;
const statementTimeoutMs = 30_000;

/** Opens a pool. It connects at the first query; a query fails after `statementTimeoutMs`, and with `database-unavailable` when the database does not answer. */
export function openDatabase(connectionString: string): {
  db: Database;
  /** Looks for the database once it is started. */
  presence: DatabasePresence;
  close(): Promise<void>;
} {
  const presence = createDatabasePresence();
  const pool = new pg.Pool({
    connectionString,
    max: poolSizeMax,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    application_name: 'vigie',
  });
  // A lost connection fails its query and is replaced by the pool; without listeners it would end the process, an idle
  // one through the pool, one in use through itself.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: translatingPool(pool, presence) }) });
  const close = async () => {
    await presence.stop();
    await db.destroy();
  };
  return { db, presence, close };
}
