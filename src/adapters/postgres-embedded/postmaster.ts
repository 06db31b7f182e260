import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Binaries } from './binaries.ts';
import type { DatabaseUser, DataDir } from './data-dir.ts';

const connectTimeoutMs = 2_000;
const pollMs = 50;
const logBytesMax = 10_000_000;
const fastStopWaitMs = 10_000;
const immediateStopWaitMs = 5_000;

/** A running PostgreSQL, as its postmaster.pid tells. */
export interface Postmaster {
  pid: number;
  socketFolder: string;
  url: string;
}

/**
 * What runs in the data folder now, or null. A postmaster.pid left by a crash, whose number now belongs to another
 * process or to none, is removed.
 */
export async function findPostmaster(dataDir: DataDir): Promise<Postmaster | null> {
  const file = join(dataDir.postgres, 'postmaster.pid');
  const lines = await readFile(file, 'utf8').then(
    (text) => text.split('\n'),
    () => null,
  );
  if (!lines) return null;
  const pid = Number(lines[0]);
  if (!(await isPostmasterOf(pid, dataDir))) {
    await rm(file, { force: true });
    return null;
  }
  const socketFolder = lines[4] ?? '';
  return { pid, socketFolder, url: urlOf(socketFolder) };
}

const urlOf = (socketFolder: string): string =>
  `postgres:///vigie?host=${encodeURIComponent(socketFolder)}&port=5432&user=vigie`;

/** True while that process lives and serves our data folder (numbers are given again after a restart). */
export async function isPostmasterOf(pid: number, dataDir: DataDir): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // Its command line, which everybody may read; a zombie has none. (Its folder needs more rights than a container has.)
  return readFile(`/proc/${pid}/cmdline`, 'utf8').then(
    (command) => command.split('\0').includes(dataDir.postgres),
    // No /proc on this system: the process lives, that is all there is to know.
    async () => !(await stat('/proc/self').catch(() => null)),
  );
}

/** `not-now`: it starts, stops, or is too busy to say; `no`: nothing listens. */
export async function answers(url: string): Promise<'yes' | 'not-now' | 'no'> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return 'yes';
  } catch (error) {
    const { code = '' } = error as { code?: string };
    // 57P03: cannot_connect_now. Any other refusal of its own, such as too many connections, is an answer.
    if (error instanceof pg.DatabaseError) return code === '57P03' ? 'not-now' : 'yes';
    return code === 'ECONNREFUSED' || code === 'ENOENT' ? 'no' : 'not-now';
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Stops PostgreSQL when the last process that holds the pipe open for writing has gone, however it went.
 * In its own session, so that Ctrl-C reaches us and not the database.
 */
const guard = `
"$@" &
postgres=$!
( read -r _ < "$PIPE"; kill -INT $postgres ) &
pipe=$!
wait $postgres
status=$?
kill $pipe
exit $status`;

/** The pipe whose writers keep the database running. */
export const pipeOf = (socketFolder: string): string => join(socketFolder, 'users');

/** Starts PostgreSQL and returns at once. `exited` settles with its status when it ends. */
export async function spawnPostmaster(o: {
  dataDir: DataDir;
  binaries: Binaries;
  user: DatabaseUser;
  socketFolder: string;
}): Promise<{ url: string; exited: Promise<void> }> {
  const { dataDir, binaries, user, socketFolder } = o;
  const pipe = pipeOf(socketFolder);
  await runAs(user, '/bin/sh', ['-c', 'rm -f "$0" && mkfifo -m 600 "$0"', pipe]);
  const size = (await stat(dataDir.log).catch(() => null))?.size ?? 0;
  if (size > logBytesMax) await rename(dataDir.log, `${dataDir.log}.1`);
  const log = await open(dataDir.log, 'a', 0o600);
  const settings = {
    listen_addresses: '',
    unix_socket_directories: `"${socketFolder.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    port: '5432',
    // What people typed stays out of the database's log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    timezone: 'UTC',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [join(binaries.folder, 'postgres'), '-D', dataDir.postgres, ...options];
  const child = spawn('/bin/sh', ['-c', guard, 'vigie-postgres', ...command], {
    cwd: '/',
    env: { ...cleanEnvironment, PIPE: pipe },
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.unref();
  await log.close();
  return { url: urlOf(socketFolder), exited };
}

/** Joins those who keep the database running; null when nobody reads the pipe (the guard was killed). */
export async function joinPipe(socketFolder: string): Promise<{ leave(): Promise<void> } | null> {
  const flags = constants.O_WRONLY | constants.O_NONBLOCK;
  for (const deadline = Date.now() + 1_000; Date.now() < deadline; await delay(pollMs)) {
    const handle = await open(pipeOf(socketFolder), flags).catch(() => null);
    if (handle) return { leave: () => handle.close() };
  }
  return null;
}

/** Fast stop, then immediate, then kill; settles when the process is gone. */
export async function stopPostmaster(pid: number, dataDir: DataDir): Promise<void> {
  const waits: [NodeJS.Signals, number][] = [
    ['SIGINT', fastStopWaitMs],
    ['SIGQUIT', immediateStopWaitMs],
    ['SIGKILL', immediateStopWaitMs],
  ];
  for (const [signal, waitMs] of waits) {
    if (!(await isPostmasterOf(pid, dataDir))) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    if (await until(async () => !(await isPostmasterOf(pid, dataDir)), waitMs)) return;
  }
}

/** True as soon as the condition holds, false after `waitMs`. */
export async function until(condition: () => Promise<boolean>, waitMs: number): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= deadline) return false;
    await delay(pollMs);
  }
}

/** Nothing of our own environment (passwords, PG… variables) reaches the database. */
export const cleanEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Runs a short command as the database's user; rejects with what it wrote to its error output. */
export function runAs(user: DatabaseUser, command: string, args: string[], input = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: '/',
      env: cleanEnvironment,
      timeout: 120_000,
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
    });
    let said = '';
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2_000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(said.trim() || `exit ${code}`)),
    );
  });
}
