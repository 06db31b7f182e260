import mysql from 'mysql2/promise';
import type { TableDriver } from './cel-table.ts';
import type { TableAddress } from './table-address.ts';
import { addressName, connectDeadlineMs, queryDeadlineMs } from './table-limits.ts';

/** MariaDB and MySQL. One connection at most; it is made anew when it breaks. */
export function createMysqlDriver(address: TableAddress): TableDriver {
  const { host, port, user, password, database, table, tls } = address;
  const pool = mysql.createPool({
    ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
    user,
    password,
    database,
    ...(tls === 'off' ? {} : { ssl: { rejectUnauthorized: tls === 'verify' } }),
    connectionLimit: 1,
    enableKeepAlive: true,
    charset: 'utf8mb4',
    connectTimeout: connectDeadlineMs,
    // What a server could ask of its client is not done: no files are sent, no statement holds another.
    flags: ['-LOCAL_FILES'],
    multipleStatements: false,
  });
  const quote = (name: string) => `\`${name.replaceAll('`', '``')}\``;

  async function run(sql: string, values: readonly (string | number)[]) {
    const connection = await pool.getConnection();
    try {
      // TIMESTAMPs are told in this zone; DATETIMEs as they were written.
      await connection.query({ sql: "set time_zone = '+00:00'", timeout: queryDeadlineMs });
      const options = { sql, values: [...values], timeout: queryDeadlineMs, rowsAsArray: true };
      const result = await connection.execute(options);
      connection.release();
      return result;
    } catch (error) {
      // What becomes of its answer nobody knows.
      connection.destroy();
      throw error;
    }
  }

  return {
    of: addressName(address),
    from: table.map(quote).join('.'),
    quote,
    text: (expression) => `cast(${expression} as char)`,
    columns: async (sql) => (await run(sql, []))[1].map(({ name }) => name),
    query: async (sql, parameters) => (await run(sql, parameters))[0] as (string | null)[][],
    close: () => pool.end(),
  };
}
