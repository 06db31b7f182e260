import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { findBinaries } from '../../../src/adapters/postgres-embedded/binaries.ts';
import {
  assertTraversable,
  databaseUser,
  openDataDir,
} from '../../../src/adapters/postgres-embedded/data-dir.ts';
import { lockDataDir } from '../../../src/adapters/postgres-embedded/data-dir-lock.ts';
import { initDataFolder } from '../../../src/adapters/postgres-embedded/initdb.ts';
import { startPrivateDatabase } from '../../../src/adapters/postgres-embedded/private-database.ts';
import type { Log } from '../../../src/ports/log.ts';

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const asRoot = process.getuid?.() === 0;

async function dataDir(t: Test, below = 'data'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vigie-pe-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, below);
}

async function ask<T extends pg.QueryResultRow>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

async function eventually<T>(
  read: () => T | Promise<T>,
  good: (value: T) => boolean,
  limitMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await Promise.resolve()
      .then(read)
      .catch(() => undefined as T);
    if (good(value)) return value;
    if (Date.now() > deadline) throw new Error(`Not within ${limitMs} ms: last seen ${String(value)}`);
    await delay(50);
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie answers too, until init has buried it.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Another process that holds the database until it is killed; prints `url pid`. */
async function holder(t: Test, dir: string): Promise<{ child: ChildProcess; url: string; pid: number }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  const [url, pid] = line.split(' ');
  return { child, url: url!, pid: Number(pid) };
}

t.test('a private database is reached by its socket alone and stops with its last user', async (t) => {
  const dir = await dataDir(t);
  const said: string[] = [];
  const first = await startPrivateDatabase({ dataDir: dir, log: quiet, progress: (text) => said.push(text) });
  t.match(said, [/^Creating the database/, 'Starting the database']);
  t.same(await ask(first.url, 'show listen_addresses'), [{ listen_addresses: '' }]);
  t.same(await ask(first.url, "select lower('É') as e"), [{ e: 'é' }], 'it knows accents');
  t.equal(statSync(join(dir, 'run')).mode & 0o777, 0o700, 'nobody else can enter its socket folder');
  t.equal(statSync(join(dir, 'postgres.log')).mode & 0o777, 0o600);
  if (asRoot) t.not(statSync(`/proc/${first.pid}`).uid, 0, 'it does not run as root');
  await ask(first.url, 'create table kept as select 42 as n');

  const second = await holder(t, dir);
  t.equal(second.pid, first.pid, 'a second process shares it');
  await first.stop();
  await first.stop();
  t.same(await ask(second.url, 'select n from kept'), [{ n: 42 }], 'it stays for the other');
  second.child.stdin!.end();
  await once(second.child, 'exit');
  t.notOk(alive(first.pid), 'the last one stops it');

  const again = await startPrivateDatabase({ dataDir: dir, log: quiet });
  t.same(await ask(again.url, 'select n from kept'), [{ n: 42 }], 'what it held is there again');
  await again.stop();
});

t.test('kill -9 of the only user ends the database; the next start has its data', async (t) => {
  const dir = await dataDir(t);
  const { child, url, pid } = await holder(t, dir);
  await ask(url, 'create table kept as select 1 as n');
  child.kill('SIGKILL');
  // The next start meets it while it is going, and waits.
  const next = await startPrivateDatabase({ dataDir: dir, log: quiet });
  t.same(await ask(next.url, 'select n from kept'), [{ n: 1 }]);
  await next.stop();
  t.notOk(alive(pid));
});

t.test('an orphan that nothing guards any more is stopped, and what it held is there', async (t) => {
  const dir = await dataDir(t);
  const { child, url, pid } = await holder(t, dir);
  await ask(url, 'create table kept as select 3 as n');
  const guard = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
  const children = readFileSync(`/proc/${guard}/task/${guard}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  for (const process_ of [guard, ...children.filter((one) => one !== pid)]) process.kill(process_, 'SIGKILL');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.ok(alive(pid), 'the orphan lives');
  const next = await startPrivateDatabase({ dataDir: dir, log: quiet });
  t.notOk(alive(pid), 'it is stopped');
  t.same(await ask(next.url, 'select n from kept'), [{ n: 3 }]);
  await next.stop();
});

t.test('a database that is killed is started again at the same address', async (t) => {
  const dir = await dataDir(t);
  const database = await startPrivateDatabase({ dataDir: dir, log: quiet });
  t.teardown(database.stop);
  await ask(database.url, 'create table kept as select 7 as n');
  const killed = database.pid;
  process.kill(killed, 'SIGKILL');
  const rows = await eventually(
    () => ask(database.url, 'select n from kept'),
    (found) => found?.length === 1,
  );
  t.same(rows, [{ n: 7 }]);
  await eventually(
    () => database.pid,
    (pid) => pid !== killed,
  );
});

t.test('a postmaster.pid whose number belongs to somebody else does not stop the start', async (t) => {
  const dir = await dataDir(t);
  const first = await startPrivateDatabase({ dataDir: dir, log: quiet });
  const lines = readFileSync(join(dir, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
  await first.stop();
  lines[0] = String(process.pid);
  writeFileSync(join(dir, 'postgres', 'postmaster.pid'), lines.join('\n'));
  const second = await startPrivateDatabase({ dataDir: dir, log: quiet });
  t.same(await ask(second.url, 'select 1 as n'), [{ n: 1 }]);
  await second.stop();
});

t.test('a DATA_DIR too long for a socket gets one in a short folder, removed at the end', async (t) => {
  const dir = await dataDir(t, join('d'.repeat(60), 'é'.repeat(30)));
  const database = await startPrivateDatabase({ dataDir: dir, log: quiet });
  const socketFolder = new URLSearchParams(database.url.split('?')[1]).get('host')!;
  t.notOk(socketFolder.startsWith(dir));
  t.same(await ask(database.url, 'select 1 as n'), [{ n: 1 }]);
  await database.stop();
  t.notOk(existsSync(socketFolder));
});

t.test('the binaries are those that made the data folder, from the npm package if need be', async (t) => {
  const dir = await dataDir(t);
  const folder = await openDataDir(dir);
  const machine = await findBinaries(null);
  const packaged = await findBinaries(18);
  t.ok(machine.major >= 15);
  const user = await databaseUser(folder);
  const isClosed = await assertTraversable([packaged.folder], user).then(
    () => false,
    () => true,
  );
  if (isClosed) {
    // A checkout below root's home: the database's user cannot enter it, and that is what the error says.
    mkdirSync(join(dir, 'postgres'), { recursive: true });
    writeFileSync(join(dir, 'postgres', 'PG_VERSION'), '18\n');
    const refused = { code: 'data-dir-not-traversable' };
    await t.rejects(startPrivateDatabase({ dataDir: dir, log: quiet }), refused);
    return;
  }
  await initDataFolder(folder, packaged, user);
  const database = await startPrivateDatabase({ dataDir: dir, log: quiet });
  t.match(await ask(database.url, 'show server_version'), [{ server_version: /^18/ }]);
  await database.stop();

  writeFileSync(join(dir, 'postgres', 'PG_VERSION'), '9\n');
  await t.rejects(startPrivateDatabase({ dataDir: dir, log: quiet }), {
    code: 'no-postgres',
    message: /PostgreSQL 9/,
  });
});

t.test('a creation that was interrupted is begun again', async (t) => {
  const dir = await dataDir(t);
  mkdirSync(join(dir, 'postgres.new'), { recursive: true });
  chmodSync(dir, 0o755);
  writeFileSync(join(dir, 'postgres.new', 'PG_VERSION'), '15\n');
  const database = await startPrivateDatabase({ dataDir: dir, log: quiet });
  t.same(await ask(database.url, 'select 1 as n'), [{ n: 1 }]);
  await database.stop();
});

t.test('a folder its user cannot enter is named', { skip: !asRoot && 'needs root' }, async (t) => {
  const dir = await dataDir(t, 'closed/data');
  mkdirSync(dirname(dir), { mode: 0o700 });
  await t.rejects(startPrivateDatabase({ dataDir: dir, log: quiet }), {
    code: 'data-dir-not-traversable',
    message: new RegExp(`cannot enter ${dirname(dir)} `),
  });
});

t.test('a DATA_DIR that is a file is a wrong setting', async (t) => {
  const dir = await dataDir(t);
  writeFileSync(dir, '');
  await t.rejects(startPrivateDatabase({ dataDir: dir, log: quiet }), { code: 'bad-setting' });
});

t.test('a damaged data folder is reported with the place of its log', async (t) => {
  const dir = await dataDir(t);
  await (await startPrivateDatabase({ dataDir: dir, log: quiet })).stop();
  rmSync(join(dir, 'postgres', 'global'), { recursive: true });
  await t.rejects(startPrivateDatabase({ dataDir: dir, log: quiet }), {
    code: 'database-unavailable',
    message: /postgres\.log/,
  });
});

t.test('two servers on one DATA_DIR are refused, until the first has gone', async (t) => {
  const dir = await dataDir(t);
  const lock = await lockDataDir(dir);
  await t.rejects(lockDataDir(dir), { code: 'data-dir-in-use' });
  lock.release();
  (await lockDataDir(dir)).release();
});
