/** Where a table is, taken out of its address. */
export interface TableAddress {
  kind: 'postgres' | 'mysql';
  /** A folder where it is a Unix socket. */
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** With its schema where that is said. */
  table: readonly string[];
  /** `verify` the certificate must be of the host; `require` any. */
  tls: 'off' | 'require' | 'verify';
}

const kinds: Record<string, { kind: TableAddress['kind']; port: number }> = {
  'postgres:': { kind: 'postgres', port: 5432 },
  'postgresql:': { kind: 'postgres', port: 5432 },
  'mysql:': { kind: 'mysql', port: 3306 },
  'mariadb:': { kind: 'mysql', port: 3306 },
};
const tlsOf: Record<string, TableAddress['tls']> = {
  disable: 'off',
  require: 'require',
  'verify-full': 'verify',
};
const tableForm = /^[A-Za-z0-9_$]{1,64}(\.[A-Za-z0-9_$]{1,64})?$/;

/**
 * `postgres://user:password@host/database?table=cel&sslmode=require`, `mysql://…` alike; `?host=/folder` for a Unix
 * socket. Throws an Error that says what is wrong and holds nothing of the address.
 */
export function parseTableUrl(text: string): TableAddress {
  const url = URL.parse(text);
  const known = url && kinds[url.protocol];
  if (!url || !known) throw new Error('is not a postgres:// or mysql:// address');
  const query = url.searchParams;
  const stranger = [...query.keys()].find((name) => !['table', 'sslmode', 'host'].includes(name));
  if (stranger !== undefined) throw new Error('has another parameter than table, sslmode and host');
  const database = decoded(url.pathname.slice(1));
  if (database === '' || database.includes('/')) throw new Error('names no database');
  const table = query.get('table') ?? 'cel';
  if (!tableForm.test(table)) throw new Error('has a table that is no name');
  const tls = tlsOf[query.get('sslmode') ?? 'disable'];
  if (!tls) throw new Error('has another sslmode than disable, require and verify-full');
  return {
    kind: known.kind,
    host: query.get('host') || url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: Number(url.port) || known.port,
    user: decoded(url.username),
    password: decoded(url.password),
    database,
    table: table.split('.'),
    tls,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('has a % that begins no character');
  }
}
