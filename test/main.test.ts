import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { projectFolder } from '../src/paths.ts';
import { freshDataDir, runVigie, type Server, type Settings, serveVigie } from './support/vigie.ts';
import { waitFor } from './support/wait-for.ts';

const password = 'correct horse battery';

async function ask(
  server: Server,
  method: string,
  path: string,
  o: { body?: unknown; cookie?: string } = {},
) {
  const reply = await fetch(server.address + path, {
    method,
    signal: AbortSignal.timeout(60_000),
    headers: {
      ...(o.body ? { 'content-type': 'application/json' } : {}),
      ...(o.cookie ? { cookie: o.cookie } : {}),
    },
    ...(o.body ? { body: JSON.stringify(o.body) } : {}),
  });
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, body: text ? JSON.parse(text) : null };
}

async function signIn(server: Server, login: string, with_ = password): Promise<string> {
  const { status, headers } = await ask(server, 'POST', '/api/session', { body: { login, password: with_ } });
  if (status !== 200) throw new Error(`${login}: ${status}`);
  return headers.getSetCookie()[0]!.split(';')[0]!;
}

const addUser = (settings: Settings, login: string, ...more: string[]) =>
  runVigie(
    ['user', 'add', '--login', login, '--name', `Name of ${login}`, ...more],
    settings,
    `${password}\nrest\n`,
  );

const postmasterPid = (dataDir: string): number =>
  Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

t.test('the command line says what it is and what it did not understand', async (t) => {
  const { version } = JSON.parse(readFileSync(join(projectFolder(), 'package.json'), 'utf8'));
  t.match(await runVigie(['--version'], {}), { code: 0, out: `${version}\n` });
  t.match(await runVigie(['--help'], {}), { code: 0, out: /vigie user add --login/ });
  t.match(await runVigie(['doctor'], {}), { code: 2, out: /no PBX is set/ });
  const wrong: [string[], RegExp][] = [
    [[], /which command/],
    [['sevre'], /unknown command: sevre/],
    [['user'], /add, list or passwd/],
    [['user', 'add', '--name', 'x', '--role', 'agent'], /--login is missing/],
    [['user', 'add', '--pasword', 'x'], /--pasword/],
    [['user', 'list', 'all'], /all/],
  ];
  for (const [args, text] of wrong) {
    const ran = await runVigie(args, { DATA_DIR: '/nowhere' });
    t.match(ran, { code: 2, out: '', err: text }, args.join(' '));
    t.match(ran.err, /vigie migrate/, 'with the usage');
  }
});

t.test('a wrong setting is named, its value is not shown', async (t) => {
  const wrong: [Settings, string][] = [
    [{ PORT: 'eighty' }, 'PORT'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    [{ PUBLIC_URL: 'vigie.example.fr' }, 'PUBLIC_URL'],
    [{ DATABASE_URL: 'mysql://root:hunter2@db/x' }, 'DATABASE_URL'],
    [{ ARI_URL: 'http://ari:hunter2@pbx:8088/ari', ARI_USERNAME: 'a', ARI_PASSWORD: 'hunter2' }, 'ARI_URL'],
    [{ DATA_DIR: '/proc/vigie' }, 'DATA_DIR'],
    [{ HOST: '192.0.2.1' }, 'HOST'],
  ];
  const DATA_DIR = await freshDataDir(t);
  for (const [settings, name] of wrong) {
    const ran = await runVigie(['serve'], { DATA_DIR, PORT: '0', LOG_LEVEL: 'silent', ...settings });
    t.match(ran, { code: 1, out: '', err: new RegExp(`^bad-setting: .*${name}.*\n$`) }, name);
    t.notMatch(ran.err, /hunter2/);
  }
  const unreachable = await runVigie(['migrate'], { DATABASE_URL: 'postgres://x:hunter2@127.0.0.1:1/x' });
  t.match(unreachable, { code: 1, err: /^database-unavailable: .*ECONNREFUSED/ });
  t.notMatch(unreachable.err, /hunter2/);
});

t.test('commands work with no server running, and beside one', async (t) => {
  const DATA_DIR = await freshDataDir(t);
  const settings = { DATA_DIR };
  t.match(await runVigie(['migrate'], settings), {
    code: 0,
    out: /0001_people\n.*The database is migrated/s,
  });
  t.match(await runVigie(['migrate'], settings), { code: 0, out: 'The database is up to date\n' });
  const both = ['--role', 'admin', '--role', 'manager', '--team', 'Ventes', '--endpoint', 'PJSIP/1901'];
  t.match(await addUser(settings, 'Demo', ...both), {
    code: 0,
    out: 'demo (admin, manager) may sign in\n',
    err: '',
  });

  const server = await serveVigie(t, settings);
  const cookie = await signIn(server, 'demo');
  t.match(await ask(server, 'GET', '/api/session', { cookie }), {
    body: { person: { roles: ['admin', 'manager'], teams: [{ name: 'Ventes' }], device: 'PJSIP/1901' } },
  });
  t.match(await addUser(settings, 'sup', '--role', 'supervisor'), { code: 0 });
  await signIn(server, 'sup');
  t.match(await addUser(settings, 'amine', '--role', 'agent', '--endpoint', 'PJSIP/1001'), { code: 0 });
  const onBoard = async () => {
    const { body } = await ask(server, 'GET', '/api/live', { cookie });
    return body.agents.map((agent: { name: string }) => agent.name);
  };
  await waitFor(async () => (await onBoard()).includes('Name of amine'));
  t.match(await runVigie(['user', 'list'], settings), {
    code: 0,
    out: 'amine\tName of amine\tagent\t-\tmay sign in\ndemo\tName of Demo\tadmin,manager\tVentes\tmay sign in\nsup\tName of sup\tsupervisor\t-\tmay sign in\n',
  });

  const refusals: [string[], RegExp][] = [
    [['DEMO', '--role', 'agent'], /^already-exists: .*demo/],
    [['new', '--role', 'boss'], /^validation-failed: roles/],
    [['a b', '--role', 'agent'], /^validation-failed: login/],
    [['new', '--role', 'agent', '--endpoint', 'Local/1@x'], /^validation-failed: endpoint/],
    [['new', '--role', 'agent', '--endpoint', 'PJSIP/1901'], /^already-exists: .*PJSIP\/1901/],
  ];
  for (const [[login, ...args], text] of refusals) {
    t.match(await addUser(settings, login!, ...args), { code: 1, out: '', err: text }, args.join(' '));
  }
  const short = ['user', 'add', '--login', 'new', '--name', 'New', '--role', 'agent'];
  t.match(await runVigie(short, settings, 'short\n'), { code: 1, err: /^validation-failed: password/ });
  t.match(await runVigie(short, settings, ''), { code: 1, err: /^validation-failed: password/ });
  t.match(await runVigie(['user', 'passwd', '--login', 'nobody'], settings, `${password}\n`), {
    code: 1,
    err: /^not-found: .*nobody/,
  });

  t.match(await runVigie(['user', 'passwd', '--login', 'demo'], settings, 'a new password\n'), { code: 0 });
  t.equal((await ask(server, 'GET', '/api/session', { cookie })).status, 401, 'her sessions ended');
  await signIn(server, 'demo', 'a new password');

  const second = await runVigie(['serve'], { ...settings, PORT: '0', LOG_LEVEL: 'silent' });
  t.match(second, { code: 1, out: '', err: new RegExp(`^data-dir-in-use: .*${DATA_DIR}`) });
  const taken = await runVigie(['serve'], {
    DATA_DIR: await freshDataDir(t),
    PORT: new URL(server.address).port,
    LOG_LEVEL: 'silent',
  });
  t.match(taken, { code: 1, err: /^bad-setting: HOST or PORT .*EADDRINUSE/ });

  const pid = postmasterPid(DATA_DIR);
  t.ok(isAlive(pid));
  t.equal(await server.end('SIGTERM'), 0);
  t.notOk(isAlive(pid), 'its database stopped with it');
});

t.test('audit verify says whether the log is whole, beside a running server and alone', async (t) => {
  const DATA_DIR = await freshDataDir(t);
  const settings = { DATA_DIR };
  t.match(await runVigie(['audit'], settings), { code: 2, err: /audit: verify\?/ });
  t.match(await runVigie(['audit', 'verify'], settings), {
    code: 0,
    out: /There is no local log in DATA_DIR/,
  });
  await addUser(settings, 'demo', '--role', 'manager');
  const server = await serveVigie(t, settings);
  const cookie = await signIn(server, 'demo');
  t.match(await ask(server, 'GET', '/api/audit/verify', { cookie }), {
    status: 200,
    body: { intact: true, databaseEntries: 3, localEntries: 3, chains: [{ own: true }] },
  });
  t.match(await runVigie(['audit', 'verify'], settings), {
    code: 0,
    out: /\(this server\): 3 entries.*local log: 3 entries.*every one is as it was written\n$/s,
  });
  t.equal(await server.end(), 0);
  const log = new DatabaseSync(join(DATA_DIR, 'audit', 'log.db'));
  log.exec('delete from entries where sequence = 2');
  log.close();
  const found = await runVigie(['audit', 'verify', '--json'], settings);
  t.equal(found.code, 1);
  t.match(JSON.parse(found.out), {
    intact: false,
    faults: [{ kind: 'missing', where: 'local', sequence: 2 }],
  });
  t.match(await runVigie(['audit', 'verify'], settings), {
    code: 1,
    out: /^missing in the local log: entry 2 of chain .*: there is no such entry\n/,
  });
});

t.test('a server whose audit log cannot be written lets nobody in, and says why', async (t) => {
  const DATA_DIR = await freshDataDir(t);
  await addUser({ DATA_DIR }, 'demo', '--role', 'manager');
  const log = join(DATA_DIR, 'audit', 'log.db');
  for (const end of ['', '-wal', '-shm']) rmSync(log + end, { force: true });
  writeFileSync(log, 'not a log'.repeat(1_000));
  const server = await serveVigie(t, { DATA_DIR, LOG_LEVEL: 'silent' });
  const body = { login: 'demo', password };
  t.match(await ask(server, 'POST', '/api/session', { body }), {
    status: 503,
    body: { code: 'audit-unavailable' },
  });
  rmSync(log);
  t.match(
    await ask(server, 'POST', '/api/session', { body }),
    { status: 200 },
    'and with room for a new one',
  );
  t.equal(await server.end(), 0);
});

t.test('a database killed under requests: 503 with its code, and it recovers by itself', async (t) => {
  const DATA_DIR = await freshDataDir(t);
  await addUser({ DATA_DIR }, 'demo', '--role', 'admin');
  const server = await serveVigie(t, { DATA_DIR, LOG_LEVEL: 'silent' });
  const cookie = await signIn(server, 'demo');
  const seen = new Map<string, number>();
  let stop = false;
  const asking = Array.from({ length: 5 }, async () => {
    while (!stop) {
      const { status, body } = await ask(server, 'GET', '/api/people', { cookie });
      const what = status === 200 ? '200' : `${status} ${body.code}`;
      seen.set(what, (seen.get(what) ?? 0) + 1);
      await delay(5);
    }
  });
  const good = () => seen.get('200') ?? 0;
  await waitFor(() => good() > 20);
  for (const signal of ['SIGKILL', 'SIGQUIT', 'SIGKILL'] as const) {
    const pid = postmasterPid(DATA_DIR);
    seen.clear();
    process.kill(pid, signal);
    await waitFor(() => (seen.get('503 database-unavailable') ?? 0) > 0);
    await waitFor(() => postmasterPid(DATA_DIR) !== pid && isAlive(postmasterPid(DATA_DIR)));
    seen.delete('200');
    await waitFor(() => good() > 20);
    t.same(
      [...seen.keys()].sort(),
      ['200', '503 database-unavailable'],
      `${signal}: nothing else was answered`,
    );
  }
  stop = true;
  await Promise.all(asking);
  t.same(
    [...seen.keys()].filter((what) => what !== '200' && what !== '503 database-unavailable'),
    [],
  );
  t.equal(server.child.exitCode, null, 'the server itself never ended');
  t.match(await ask(server, 'GET', '/readyz'), { status: 200 });
  t.equal(await server.end('SIGINT'), 0);
});

t.test('after kill -9 the next start has the people and their sessions', async (t) => {
  const DATA_DIR = await freshDataDir(t);
  await addUser({ DATA_DIR }, 'demo', '--role', 'admin');
  const first = await serveVigie(t, { DATA_DIR });
  const cookie = await signIn(first, 'demo');
  const pid = postmasterPid(DATA_DIR);
  await first.end('SIGKILL');
  const began = performance.now();
  const second = await serveVigie(t, { DATA_DIR });
  t.ok(performance.now() - began < 10_000);
  t.match(await ask(second, 'GET', '/api/session', { cookie }), {
    status: 200,
    body: { person: { login: 'demo' } },
  });
  t.equal(await second.end(), 0);
  await waitFor(() => !isAlive(pid));
});

t.test('a client that dawdles does not hold up the end; a second signal ends it at once', async (t) => {
  const DATA_DIR = await freshDataDir(t);
  for (const signals of [1, 2]) {
    const server = await serveVigie(t, { DATA_DIR });
    const port = Number(new URL(server.address).port);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    t.teardown(() => socket.destroy());
    socket.write(
      'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await delay(100);
    const began = performance.now();
    const exited = server.end('SIGTERM');
    if (signals === 2) {
      // The first one was heard when nobody new is let in.
      await waitFor(() =>
        fetch(server.address).then(
          () => false,
          () => true,
        ),
      );
      server.child.kill('SIGTERM');
    }
    const code = await exited;
    const tookMs = performance.now() - began;
    if (signals === 1) t.ok(code === 0 && tookMs < 10_000, `orderly: ${code} in ${tookMs.toFixed(0)} ms`);
    else t.ok(code === 1 && tookMs < 2_500, `at once: ${code} in ${tookMs.toFixed(0)} ms`);
  }
});
