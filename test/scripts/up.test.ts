/** `npm run up` as a newcomer runs it: twice, with Ctrl-C in between. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { CallsPage } from '../../src/contract/calls.ts';
import { projectFolder } from '../../src/paths.ts';

const startDeadlineMs = 180_000;
const callDeadlineMs = 90_000;

interface Up {
  process: ChildProcess;
  address: string;
  cookie: string;
  password: string;
}

async function up(dataDir: string, port: number): Promise<Up> {
  const child = start(dataDir, port);
  try {
    return await signedIn(child);
  } catch (error) {
    // What does not come up must not keep the test's process.
    child.kill('SIGINT');
    throw error;
  }
}

type UpProcess = ChildProcessByStdio<null, Readable, Readable>;
function start(dataDir: string, port: number): UpProcess {
  return spawn(process.execPath, [join(projectFolder(), 'scripts', 'up.ts')], {
    env: { ...process.env, DATA_DIR: dataDir, PORT: String(port), DEMO_CALLS_PER_MINUTE: '40' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function signedIn(child: UpProcess): Promise<Up> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const deadline = Date.now() + startDeadlineMs;
  while (!/Sign in +\S+ +password \S+/.test(output)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`up did not come up:\n${output}`);
    await delay(100);
  }
  const [, login, password] = /Sign in +(\S+) +password (\S+)/.exec(output)!;
  const address = /Panel +(\S+)/.exec(output)![1]!;
  const reply = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login, password }),
  });
  if (reply.status >= 300) throw new Error(`The printed sign-in does not work: ${reply.status}`);
  const cookie = reply.headers.getSetCookie()[0]!.split(';')[0]!;
  await agentSignsIn(address, output);
  return { process: child, address, cookie, password: password! };
}

/** The agent page that is printed is there, and its sign-in works. */
async function agentSignsIn(address: string, output: string): Promise<void> {
  const [, page, login, password] = /Agent +(\S+) +(\S+) +password (\S+)/.exec(output)!;
  const reply = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login, password }),
  });
  if (reply.status >= 300) throw new Error(`The agent’s sign-in does not work: ${reply.status}`);
  const shown = await fetch(page!, { headers: { accept: 'text/html' } });
  if (!shown.ok) throw new Error(`There is no agent page at ${page}: ${shown.status}`);
}

const finishedCalls = async ({ address, cookie }: Up): Promise<CallsPage['items']> => {
  const reply = await fetch(`${address}/api/calls?limit=500`, { headers: { cookie } });
  const page = (await reply.json()) as CallsPage;
  return page.items.filter((call) => call.endedAt !== null);
};

async function ctrlC({ process: child }: Up): Promise<number | null> {
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  const [code] = (await exited) as [number | null];
  return code;
}

/** Command lines of every process on this machine that mention `text`. */
function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(text));
}

t.test(
  'npm run up starts everything, keeps its data over Ctrl-C and leaves nothing running',
  { timeout: 500_000 },
  async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'vigie-up-'));
    chmodSync(dataDir, 0o755);
    t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
    const port = 20_000 + Math.floor(Math.random() * 5_000);

    const first = await up(dataDir, port);
    t.teardown(() => first.process.kill('SIGKILL'));
    const panel = await fetch(first.address);
    t.equal(panel.status, 200);
    t.match(await panel.text(), /<title>Vigie/);
    const deadline = Date.now() + callDeadlineMs;
    let before = await finishedCalls(first);
    while (before.length < 3 && Date.now() < deadline) {
      await delay(500);
      before = await finishedCalls(first);
    }
    t.ok(before.length >= 3, `${before.length} calls came, went and were recorded`);
    t.ok(
      before.every((call) => call.reason !== null),
      'each says why it ended',
    );
    t.equal(await ctrlC(first), 0);
    t.same(processesWith(dataDir), [], 'nothing of the server or its database runs on');
    t.same(processesWith(`demo.${first.process.pid}.`), [], 'nothing of the PBX runs on');
    await t.rejects(fetch(first.address), 'nobody listens any more');

    const second = await up(dataDir, port);
    t.teardown(() => second.process.kill('SIGKILL'));
    t.equal(second.password, first.password, 'the same sign-in is printed again');
    const after = new Set((await finishedCalls(second)).map((call) => call.id));
    t.same(
      before.filter((call) => !after.has(call.id)),
      [],
      'the calls of the first run are still there',
    );
    t.equal(await ctrlC(second), 0);
  },
);
