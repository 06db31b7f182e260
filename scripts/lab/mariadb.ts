import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDebianPackages } from '../setup/debian.ts';
import { type Progress, run, toolEnv } from './tools.ts';

/** A MariaDB of the test's own, on loopback; `root` has no password. */
export interface MariaDb {
  port: number;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** On the same data and port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Debian's programs without its service: nothing of it runs but what a test starts. */
export const ensureMariadb = (progress: Progress): Promise<void> =>
  ensureDebianPackages(
    [
      { command: 'mariadbd', package: 'mariadb-server-core' },
      { command: 'my_print_defaults', package: 'mariadb-client-core' },
    ],
    progress,
  );

/** Made and started in some seconds; it dies with this process. */
export async function startMariadb(): Promise<MariaDb> {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-mariadb-'));
  const port = await freePort();
  const data = join(dir, 'data');
  const own = ['--no-defaults', `--datadir=${data}`, ...(process.getuid?.() === 0 ? ['--user=root'] : [])];
  await run(
    'mariadb-install-db',
    [...own, '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'],
    { timeoutMs: 60_000 },
  );
  const args = [
    ...own,
    `--port=${port}`,
    `--socket=${join(dir, 'socket')}`,
    ...['--bind-address=127.0.0.1', '--skip-name-resolve', '--innodb-buffer-pool-size=16M'],
    ...['--innodb-flush-log-at-trx-commit=2', '--skip-log-bin', '--performance-schema=off'],
  ];
  let end = async (): Promise<void> => {};
  const start = async () => {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'mariadbd', ...args], {
      env: toolEnv,
      stdio: 'ignore',
      detached: true,
    });
    child.unref();
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    end = async () => {
      child.ref();
      child.kill('SIGKILL');
      await ended;
    };
  };
  await start();
  return {
    port,
    start,
    kill: () => end(),
    async stop() {
      await end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
