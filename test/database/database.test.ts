import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import t from 'tap';
import { tableTypes } from '../../scripts/codegen/table-types.ts';
import { openDatabase } from '../../src/database/database.ts';
import { listenTo } from '../../src/database/listen.ts';
import { migrate } from '../../src/database/migrate.ts';
import { projectFolder, sqlFolder } from '../../src/paths.ts';
import type { Log } from '../../src/ports/log.ts';
import { testDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait-for.ts';

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

t.test('the table types are those of the migrations', async (t) => {
  const { db } = await testDatabase(t);
  const committed = execFileSync('cat', [join(projectFolder(), 'src/database/generated/tables.ts')], {
    encoding: 'utf8',
  });
  t.equal(committed, await tableTypes(db), 'run scripts/codegen/table-types.ts');
});

t.test('migrations that ran are not run again, and one that fails leaves nothing', async (t) => {
  const { db } = await testDatabase(t);
  t.same(await migrate(db), []);
  const folder = mkdtempSync(join(tmpdir(), 'vigie-sql-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  cpSync(sqlFolder(), folder, { recursive: true });
  writeFileSync(join(folder, '9999_broken.sql'), 'create table half (n int); select 1/0;');
  await t.rejects(migrate(db, folder), /division by zero/);
  const { rows } = await sql`select from pg_tables where tablename = 'half'`.execute(db);
  t.equal(rows.length, 0);
});

t.test('a database that does not answer is told from a query that is wrong', async (t) => {
  const { db } = await testDatabase(t);
  await t.rejects(sql.raw("do $$ begin raise sqlstate '53100'; end $$").execute(db), {
    code: 'database-unavailable',
    message: /disk is full/,
  });
  await t.rejects(sql`select wrong`.execute(db), { code: '42703' });
  await t.rejects(sql`select pg_terminate_backend(pg_backend_pid())`.execute(db), {
    code: 'database-unavailable',
  });
  t.match(await sql`select 1 as n`.execute(db), { rows: [{ n: 1 }] }, 'the next query has a new connection');
  await t.rejects(
    db.transaction().execute(async (tx) => {
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx).catch(() => {});
      await sql`select 1`.execute(tx);
    }),
  );

  const refused = openDatabase('postgres://x@127.0.0.1:1/x');
  t.teardown(refused.close);
  await t.rejects(sql`select 1`.execute(refused.db), { code: 'database-unavailable' });

  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  const hanging = openDatabase(`postgres://x@127.0.0.1:${port}/x`);
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
    await hanging.close();
  });
  const began = performance.now();
  await t.rejects(sql`select 1`.execute(hanging.db), { code: 'database-unavailable' });
  t.ok(performance.now() - began < 5_000, 'a silent one is given up');
});

t.test('changes to people are heard, also those made while the connection was cut', async (t) => {
  const { db, url } = await testDatabase(t);
  let heard = 0;
  const listening = listenTo({ url, channel: 'vigie_people', log: quiet, onNotice: () => heard++ });
  t.teardown(listening.close);
  await waitFor(() => heard === 1);
  const id = '01a1fd10-dcb8-70e5-b733-707a7e5c2584';
  await db.insertInto('people').values({ id, name: 'A', roles: [] }).execute();
  await waitFor(() => heard === 2);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'vigie-notices' and datname = current_database()`.execute(db);
  await db.updateTable('people').set({ name: 'B' }).execute();
  await waitFor(() => heard >= 3);
  const before = heard;
  await db.insertInto('teams').values({ id, name: 'T' }).execute();
  await waitFor(() => heard > before);
  await listening.close();
  const { rows } = await sql`select from pg_stat_activity where application_name = 'vigie-notices'
    and datname = current_database()`.execute(db);
  t.equal(rows.length, 0, 'nothing stays');
});
