import pg from 'pg';
import type { TableDriver } from './cel-table.ts';
import type { TableAddress } from './table-address.ts';
import { addressName, connectDeadlineMs, queryDeadlineMs } from './table-limits.ts';

/** One connection at most; the pool makes it anew when it breaks. */
export function createPostgresDriver(address: TableAddress): TableDriver {
  const { host, port, user, password, database, table, tls } = address;
  const pool = new pg.Pool({
    host,
    port,
    user,
    password,
    database,
    ssl: tls === 'off' ? false : { rejectUnauthorized: tls === 'verify' },
    max: 1,
    keepAlive: true,
    application_name: 'vigie',
    // Times as ISO has them, whatever the database's habit.
    options: '-c DateStyle=ISO',
    connectionTimeoutMillis: connectDeadlineMs,
    // The server ends what takes too long; should it not answer at all, we do.
    statement_timeout: queryDeadlineMs,
    query_timeout: queryDeadlineMs + 1_000,
  });
  pool.on('error', () => {});
  const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

  async function run(sql: string, values: readonly (string | number)[]) {
    const client = await pool.connect();
    try {
      const result = await client.query({ text: numbered(sql), values: [...values], rowMode: 'array' });
      client.release();
      return result;
    } catch (error) {
      // What becomes of its answer nobody knows.
      client.release(true);
      throw error;
    }
  }

  return {
    of: addressName(address),
    from: table.map(quote).join('.'),
    quote,
    text: (expression) => `cast(${expression} as text)`,
    columns: async (sql) => (await run(sql, [])).fields.map(({ name }) => name),
    query: async (sql, parameters) => (await run(sql, parameters)).rows as (string | null)[][],
    close: () => pool.end(),
  };
}

function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
}
