import { type CelTable, createCelTable } from './cel-table.ts';
import { createMysqlDriver } from './mysql-driver.ts';
import { createPostgresDriver } from './postgres-driver.ts';
import { parseTableUrl } from './table-address.ts';

/** Opens nothing yet. */
export function openCelTable(url: string): CelTable {
  const address = parseTableUrl(url);
  return createCelTable(
    address.kind === 'postgres' ? createPostgresDriver(address) : createMysqlDriver(address),
  );
}
