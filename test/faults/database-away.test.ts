/** PostgreSQL frozen, then its disk full, under real calls: the panel and listening go on, and the records come later, each once. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import { mixedCalls } from '../../scripts/lab/sipp.ts';
import { startPrivateDatabase } from '../../src/adapters/postgres-embedded/private-database.ts';
import type { LiveSnapshot } from '../../src/contract/live.ts';
import { openDatabase } from '../../src/database/database.ts';
import { quietLog } from '../support/calls-people.ts';
import { freshDataDir, runVigie, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

t.setTimeout(400_000);
const lab = await startLab({
  name: 'db-away',
  portBlocks: 2,
  pbx: { channelVars: 'CHANNEL(linkedid),CHANNEL(hangupsource),QUEUESTATUS' },
});
t.teardown(() => lab.stop());
const [dataDir, databaseDir] = [await freshDataDir(t), await freshDataDir(t)];
// A disk of its own, to be filled.
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m,mode=711', 'tmpfs', databaseDir]);
t.teardown(() => execFileSync('umount', ['-l', databaseDir]));
const database = await startPrivateDatabase({ dataDir: databaseDir, log: quietLog });
const { db, close } = openDatabase(database.url);
t.teardown(async () => {
  await close();
  await database.stop();
});
const settings = {
  DATA_DIR: dataDir,
  DATABASE_URL: database.url,
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
};
const password = 'a long password';
await runVigie(
  ['user', 'add', '--login', 'ana', '--name', 'Ana', '--role', 'manager', '--endpoint', 'PJSIP/1901'],
  settings,
  `${password}\n`,
);
await runVigie(
  ['user', 'add', '--login', 'bob', '--name', 'Bob', '--role', 'agent', '--endpoint', 'PJSIP/1001'],
  settings,
  `${password}\n`,
);
let server = await serveVigie(t, settings);
const signIn = () =>
  fetch(`${server.address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login: 'ana', password }),
  });
const cookie = (await signIn()).headers.getSetCookie()[0]!.split(';')[0]!;

async function ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const reply = await fetch(server.address + path, {
    method,
    headers: { cookie, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: reply.status, body: (await reply.json()) as T };
}
const live = async () => (await ask<LiveSnapshot>('GET', '/api/live')).body;

/** The postmaster and everything it started. */
function processes(): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => parentOf(pid) === database.pid);
  return [database.pid, ...children.map(Number)];
}
function parentOf(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[1]);
  } catch {
    return 0;
  }
}
const signal = (name: NodeJS.Signals) => {
  for (const pid of processes()) process.kill(pid, name);
};
const recordsFrom = async (firstCaller: number, count: number) => {
  const rows = await db
    .selectFrom('calls')
    .select('caller_number')
    .where('caller_number', '>=', `0${firstCaller}`)
    .where('caller_number', '<', `0${firstCaller + count}`)
    .execute();
  return rows.map(({ caller_number: number }) => number).sort();
};
/** Numbers that do not exist make no channel: all others have a record. */
const numbersOf = (calls: { callerId: string; dialled: string }[]) =>
  calls.map(({ callerId }) => callerId).sort();

t.test(
  'PostgreSQL frozen: listening starts, changes and stops, who is signed in stays so, and every record comes when it goes on',
  async (t) => {
    const arriving = lab.phones.nextCall('1001');
    const customer = await lab.phones.call({ from: 'customer', callerId: '0711111111', to: '1001' });
    await (await arriving).waitAnswered();
    const call = await waitFor(async () => (await live()).calls.find(({ phase }) => phase === 'talking'));
    const agent = (await live()).agents.find(({ name }) => name === 'Bob')!;
    signal('SIGSTOP');
    try {
      const startMs = Date.now();
      const wish = {
        agentId: agent.id,
        callId: call!.id,
        mode: 'listen',
        scope: 'call',
        reason: 'test',
        device: 'phone',
      };
      const started = await ask<{ id: string }>('POST', '/api/supervisions', wish);
      t.equal(started.status, 201, `after ${Date.now() - startMs} ms`);
      // Aim 3 s, until it is known that the database is away; what a person would feel is tested at three times its aim.
      t.ok(Date.now() - startMs < 9_000);
      const { id } = started.body;
      await waitFor(async () =>
        (await live()).supervisions.some((one) => one.id === id && one.state === 'live'),
      );
      t.equal((await live()).storage?.state, 'kept-here', 'the panel says so');
      const changedMs = Date.now();
      t.match(await ask('PATCH', `/api/supervisions/${id}`, { mode: 'whisper' }), {
        status: 200,
        body: { mode: 'whisper' },
      });
      t.ok(Date.now() - changedMs < 3_000, 'nothing waits for the database any more');
      t.match(await ask('DELETE', `/api/supervisions/${id}`), {
        status: 200,
        body: { endedBecause: 'stopped' },
      });
      t.equal((await ask('GET', '/api/session')).status, 200, 'the page may be loaded again');
      t.equal((await signIn()).status, 503, 'nobody new signs in');
      const load = await lab.sipp({ calls: mixedCalls(36, 622_000_000), callsPerSecond: 6 });
      await customer.hangup();
      signal('SIGCONT');
      const back = Date.now();
      const records = await waitFor(
        () => recordsFrom(622_000_000, 36),
        (found) => found.length >= load.length,
      );
      t.same(records, numbersOf(load), 'each once');
      t.comment(`${records.length} records ${Date.now() - back} ms after it went on`);
      const row = await waitFor(() =>
        db
          .selectFrom('supervisions')
          .select(['state', 'mode', 'ended_because'])
          .where('id', '=', id)
          .executeTakeFirst(),
      );
      t.match(
        row,
        { state: 'ended', mode: 'whisper', ended_because: 'stopped' },
        'the supervision is written too',
      );
      const audited = await waitFor(
        () =>
          db.selectFrom('audit_entries').select('action').where('action', 'like', 'supervision.%').execute(),
        (found) => found.length >= 3,
      );
      t.ok(
        audited.some(({ action }) => action === 'supervision.ended'),
        'and its audit entries',
      );
    } finally {
      signal('SIGCONT');
    }
  },
);

t.test(
  'The server killed while PostgreSQL is frozen: what nobody could write is written by the next one',
  async (t) => {
    signal('SIGSTOP');
    const load = await lab.sipp({ calls: mixedCalls(24, 623_000_000), callsPerSecond: 6 }).finally(() => {
      server.child.kill('SIGKILL');
      signal('SIGCONT');
    });
    server = await serveVigie(t, settings);
    const records = await waitFor(
      () => recordsFrom(623_000_000, 24),
      (found) => found.length >= load.length,
    );
    t.same(records, numbersOf(load), 'each once');
  },
);

t.test('PostgreSQL’s disk full: calls go on, and every record comes when there is room', async (t) => {
  server = await serveVigie(t, settings);
  t.equal((await live()).storage?.state, 'written');
  const filler = join(databaseDir, 'filler');
  t.teardown(() => rmSync(filler, { force: true }));
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M'], { stdio: 'ignore' });
  } catch {
    // It ends when the disk is full.
  }
  const load = await lab.sipp({ calls: mixedCalls(24, 624_000_000), callsPerSecond: 6 });
  t.equal((await live()).pbxs[0]!.state, 'connected', 'the panel goes on');
  rmSync(filler);
  const records = await waitFor(
    () => recordsFrom(624_000_000, 24),
    (found) => found.length >= load.length,
  );
  t.same(records, numbersOf(load), 'each once');
});
