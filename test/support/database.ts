import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Test } from 'tap';
import { startPrivateDatabase } from '../../src/adapters/postgres-embedded/private-database.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import { projectFolder, sqlFolder } from '../../src/paths.ts';
import type { Log } from '../../src/ports/log.ts';

export interface TestDatabase {
  db: Database;
  url: string;
}

const leftoverAgeMs = 3_600_000;

/**
 * A fresh, migrated database of a real PostgreSQL, dropped after the test. The server is VIGIE_TEST_DATABASE (the
 * address of a superuser) or one that all test processes of this project share; it ends with the last of them.
 */
export async function testDatabase(t: Test): Promise<TestDatabase> {
  const database = await openTestDatabase();
  t.teardown(database.close);
  return database;
}

/** The same, for scripts that have no test to hang on. */
export async function openTestDatabase(): Promise<TestDatabase & { close(): Promise<void> }> {
  const server = await testServer();
  const template = await templateOf(server);
  const name = `vt_${Date.now()}_${randomBytes(4).toString('hex')}`;
  await asAdmin(server, (admin) => admin.query(`create database ${name} template ${template}`));
  const url = withDatabase(server, name);
  const { db, close } = openDatabase(url);
  return {
    db,
    url,
    close: async () => {
      await close();
      await asAdmin(server, (admin) => admin.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/** The address of the PostgreSQL server the tests share (its superuser, any database). */
export function testServer(): Promise<string> {
  shared ??= findServer();
  return shared;
}
let shared: Promise<string> | undefined;

async function findServer(): Promise<string> {
  const given = process.env['VIGIE_TEST_DATABASE'];
  const server = given || (await startShared());
  await asAdmin(server, dropLeftovers);
  return server;
}

/** Never stopped here: it ends by itself with the last process that uses it. */
async function startShared(): Promise<string> {
  const project = createHash('sha256').update(projectFolder()).digest('hex').slice(0, 8);
  const dataDir = join(tmpdir(), `vigie-test-${process.getuid?.() ?? 0}-${project}`);
  return (await startPrivateDatabase({ dataDir, log: quiet })).url;
}
const quiet: Log = { debug() {}, info() {}, warn: console.warn, error: console.error, child: () => quiet };

/** Databases of test runs that were killed. */
async function dropLeftovers(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `select datname as name from pg_database d where datname ~ '^vt_\\d+_'
     and not exists (select from pg_stat_activity a where a.datid = d.oid)`,
  );
  for (const { name } of rows) {
    if (Date.now() - Number(name.split('_')[1]) < leftoverAgeMs) continue;
    await admin.query(`drop database if exists ${name}`).catch(() => {});
  }
}

/** One migrated database per state of sql/, copied for every test. */
async function templateOf(server: string): Promise<string> {
  template ??= makeTemplate(server);
  return template;
}
let template: Promise<string> | undefined;

async function makeTemplate(server: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await readdir(sqlFolder())).sort()) {
    if (file.endsWith('.sql')) hash.update(file).update(await readFile(join(sqlFolder(), file)));
  }
  const name = `vigie_template_${hash.digest('hex').slice(0, 16)}`;
  await asAdmin(server, async (admin) => {
    await admin.query('select pg_advisory_lock(20261121)');
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [name]);
    if (rowCount) return;
    await admin.query(`drop database if exists ${name}_new with (force)`);
    await admin.query(`create database ${name}_new template template0`);
    const { db, close } = openDatabase(withDatabase(server, `${name}_new`));
    await migrate(db).finally(close);
    await admin.query(`alter database ${name}_new rename to ${name}`);
  });
  return name;
}

function withDatabase(server: string, name: string): string {
  // A socket's address has no host, which URL does not allow: only the name between "/" and "?" is replaced.
  return server.replace(/^(\w+:\/\/[^/]*)(\/[^?]*)?/, `$1/${name}`);
}

async function asAdmin<T>(server: string, act: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.end();
  }
}
