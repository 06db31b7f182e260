import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { projectFolder } from '../../src/paths.ts';
import { waitFor } from './wait-for.ts';

export type Settings = Record<string, string>;
export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

const vigieSettings =
  /^(HOST|PORT|PUBLIC_URL|DATA_DIR|DATABASE_URL|LOG_LEVEL|TRUST_PROXY|PBX_NAME|PBX_CONFIG|REDIS_URL|SERVER_URL|SESSION_HOURS|ARI_.*|AMI_.*|TURN_.*|CEL_.*|COLLECT_.*)$/;

/** A `vigie` process with these settings and no others of the machine. */
export function spawnVigie(args: string[], settings: Settings): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !vigieSettings.test(name));
  return spawn(process.execPath, [join(projectFolder(), 'src', 'main.ts'), ...args], {
    env: { ...Object.fromEntries(inherited), ...settings },
    stdio: 'pipe',
  });
}

/** Runs a command to its end; `input` is its standard input. */
export async function runVigie(args: string[], settings: Settings, input = ''): Promise<Ran> {
  const child = spawnVigie(args, settings);
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout!.on('data', (chunk) => (ran.out += chunk));
  child.stderr!.on('data', (chunk) => (ran.err += chunk));
  child.stdin!.on('error', () => {});
  child.stdin!.end(input);
  [ran.code] = (await once(child, 'close')) as [number | null];
  return ran;
}

export interface Server {
  address: string;
  child: ChildProcess;
  /** Its log so far. */
  said(): string;
  /** Sends the signal and waits for the end; the exit status. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** `vigie serve` on a free port, once it says where it is. */
export async function serveVigie(t: Test, settings: Settings): Promise<Server> {
  const child = spawnVigie(['serve'], { PORT: '0', LOG_LEVEL: 'warn', ...settings });
  // Ahead of other programs, as the lab's Asterisk: who starves a server for two seconds has it killed as a frozen one.
  if (process.getuid?.() === 0) setPriority(child.pid!, -15);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let err = '';
  let said = '';
  child.stderr!.on('data', (chunk) => (err += chunk));
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (said += chunk));
  let isAsked = false;
  void exited.then(([code]) => {
    if (!isAsked) t.comment(`vigie serve ended by itself with ${code}: ${err.slice(-4_000)}`);
  });
  t.teardown(async () => {
    isAsked = true;
    child.kill('SIGKILL');
    await exited;
  });
  const address = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout!).on('line', (line) => {
      const found = /^Vigie is at (\S+)/.exec(line)?.[1];
      if (found) resolve(found);
    });
    void exited.then(([code]) => reject(new Error(`vigie serve ended with ${code}: ${err}`)));
  });
  return {
    address,
    child,
    said: () => said,
    async end(signal = 'SIGTERM') {
      isAsked = true;
      child.kill(signal);
      return (await exited)[0];
    },
  };
}

/** A DATA_DIR of the test's own, removed after it. */
export async function freshDataDir(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vigie-main-'));
  // The database's user passes through it.
  chmodSync(folder, 0o711);
  t.teardown(async () => {
    // The database of a server that was killed is still going.
    const pidFile = join(folder, 'postgres', 'postmaster.pid');
    await waitFor(() => !existsSync(pidFile), Boolean, 10_000).catch(() => {});
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  return folder;
}
