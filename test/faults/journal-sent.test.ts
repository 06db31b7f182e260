/**
 * The journal sent by a PBX host, by `vigie collect`, by the very script of dialplan/, and by rsyslog with its files there:
 * server and sender are killed, the file is rotated, lines are written in pieces, and every call has its record, once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { seededRandom } from '../../scripts/lab/random.ts';
import { toolEnv } from '../../scripts/lab/tools.ts';
import { projectFolder } from '../../src/paths.ts';
import { openTestDatabase } from '../support/database.ts';
import { folderOf, journalCall } from '../support/journal-lines.ts';
import { freshDataDir, spawnVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

t.setTimeout(300_000);
const token = 'correct-horse-battery-staple';
const samples = join(projectFolder(), 'dialplan', 'cel-sending');
const kills = Number(process.env['KILLS'] || 5);
const seed = Number(process.env['SEED'] || 1);
/** Numbers of the calls before those that count. */
const firstCalls = 1_000_000;

interface Place {
  folder: string;
  file: string;
  to: string;
}
/** What an administrator starts on the PBX host. */
const senders: Record<string, (place: Place) => ChildProcess> = {
  'vigie collect': ({ folder, file, to }) =>
    spawnVigie(['collect'], {
      ...{ DATA_DIR: join(folder, 'collect'), CEL_FILE: file, COLLECT_TO: to, COLLECT_TOKEN: token },
      LOG_LEVEL: 'silent',
    }),
  'the shell script': ({ folder, file, to }) =>
    spawn(join(samples, 'vigie-send.sh'), [], {
      env: { ...toolEnv, STATE: join(folder, 'state'), CEL_FILE: file, COLLECT_TO: to, COLLECT_TOKEN: token },
      stdio: 'pipe',
    }),
  rsyslog: ({ folder, file, to }) =>
    spawn('rsyslogd', ['-n', '-f', rsyslogFiles({ folder, file, to }), '-i', join(folder, 'rsyslog.pid')], {
      env: toolEnv,
      stdio: 'pipe',
    }),
};

/** imfile may leave out what is written as the file is renamed while it waits for Vigie: docs/cel.md says so. */
const losesAtRotation = new Set(['rsyslog']);

/** The files of dialplan/ with this test's paths in them; the configuration's path. */
function rsyslogFiles({ folder, file, to }: Place): string {
  const settings = join(folder, 'vigie-rsyslog');
  const script = join(folder, 'vigie-rsyslog.sh');
  const state = join(folder, 'rsyslog-state');
  const config = join(folder, 'rsyslog.conf');
  const copy = (name: string, path: string, from: string, ours: string, more = '') => {
    const text = readFileSync(join(samples, name), 'utf8');
    if (!text.includes(from)) throw new Error(`${name} does not name ${from}`);
    writeFileSync(path, more + text.replaceAll(from, ours));
  };
  mkdirSync(state, { recursive: true });
  writeFileSync(settings, `COLLECT_TO=${to}\nCOLLECT_TOKEN=${token}\n`);
  copy('vigie-rsyslog.sh', script, '/etc/vigie-rsyslog', settings);
  chmodSync(script, 0o755);
  const global = `global(maxMessageSize="128k" workDirectory="${state}")\n`;
  copy('vigie-rsyslog.conf', config, '/var/log/asterisk/cel-custom/vigie.csv', file, global);
  const text = readFileSync(config, 'utf8');
  writeFileSync(config, text.replace('/usr/local/sbin/vigie-rsyslog.sh', script));
  return config;
}

for (const [name, start] of Object.entries(senders)) {
  t.test(`Sent by ${name}, no call is lost or double, whoever is killed`, async (t) => {
    const chance = seededRandom(seed);
    const database = await openTestDatabase();
    t.teardown(() => database.close());
    const folder = folderOf(t);
    const port = await freePort();
    const place = { folder, file: join(folder, 'vigie.csv'), to: `http://127.0.0.1:${port}` };
    const settings = {
      ...{
        PORT: String(port),
        DATA_DIR: await freshDataDir(t),
        DATABASE_URL: database.url,
        LOG_LEVEL: 'silent',
      },
      ...{
        ARI_URL: 'http://127.0.0.1:1/ari',
        ARI_USERNAME: 'vigie',
        ARI_PASSWORD: 'x',
        COLLECT_TOKEN: token,
      },
    };
    writeFileSync(place.file, '');
    const server = process_(t, () => spawnVigie(['serve'], settings));
    const sender = process_(t, () => start(place));
    const recorded = async () => {
      const rows = await database.db.selectFrom('calls').select('unique_id').execute();
      return rows.map((row) => row.unique_id);
    };
    // On its first day a sender begins at the end: both are there once a call has come through.
    let number = firstCalls;
    await waitFor(async () => {
      appendFileSync(place.file, `${journalCall(number++, Math.floor(Date.now() / 1_000)).join('\n')}\n`);
      await delay(500);
      return (await recorded()).length > 0;
    });
    const writer = writeCalls(place.file, chance);
    for (let i = 0; i < kills; i++) {
      await delay(500 + chance.below(2_500));
      const one = chance.below(2) === 0 ? server : sender;
      await one.kill();
      if (i === 1 && !losesAtRotation.has(name)) writer.rotate();
      await delay(chance.below(1_000));
      one.start();
    }
    const calls = await writer.stop();
    const wanted = calls.toSorted();
    const measured = async () =>
      (await recorded()).filter((id) => Number(id.split('.')[1]) < firstCalls).toSorted();
    await waitFor(measured, (rows) => rows.length >= wanted.length, 60_000).catch(() => {});
    t.same(await measured(), wanted, `${wanted.length} calls, each recorded once`);
    t.ok(wanted.length > 20);
  });
}

/** A process that can be killed with everything it started, and started again. */
function process_(t: Test, spawn: () => ChildProcess) {
  const watched = () => {
    const made = spawn();
    let said = '';
    made.stderr?.on('data', (chunk) => (said += chunk));
    made.on('exit', (code) => code !== null && t.fail(`it ended by itself: ${code} ${said}`));
    return made;
  };
  let child = watched();
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  t.teardown(kill);
  return {
    kill,
    start() {
      child = watched();
    },
  };
}

/** Some calls a second, written as Asterisk may: several lines at once, and a line in two pieces. */
function writeCalls(file: string, chance: ReturnType<typeof seededRandom>) {
  const calls: string[] = [];
  let isOver = false;
  let isRotating = false;
  const run = async () => {
    for (let number = 1; !isOver; number++) {
      const seconds = Math.floor(Date.now() / 1_000);
      const text = `${journalCall(number, seconds).join('\n')}\n`;
      const at = chance.below(text.length);
      appendFileSync(file, text.slice(0, at));
      await delay(chance.below(60));
      appendFileSync(file, text.slice(at));
      if (isRotating) renameSync(file, `${file}.1`);
      isRotating = false;
      calls.push(`${seconds}.${number}`);
      await delay(chance.below(100));
    }
  };
  const running = run();
  return {
    rotate() {
      isRotating = true;
    },
    async stop() {
      isOver = true;
      await running;
      return calls;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
