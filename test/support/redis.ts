import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Test } from 'tap';
import { waitFor } from './wait-for.ts';

export interface TestRedis {
  url: string;
  port: number;
  /** For looking at it, or spoiling it. */
  client: Redis;
  stop(): Promise<void>;
  /** Kills it; what it held is gone. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** A redis-server of the test's own, on a free port of loopback, without a disk. */
export async function startRedis(t: Pick<Test, 'teardown'>): Promise<TestRedis> {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'vigie-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => 50 });
  client.on('error', () => {});

  async function start(): Promise<void> {
    const args = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      dir,
    ];
    child = spawn('redis-server', args, { stdio: 'ignore' });
    await waitFor(
      () => client.ping().catch(() => ''),
      (answer) => answer === 'PONG',
      10_000,
    );
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    const gone = child;
    child = undefined;
    if (!gone) return;
    const exited = once(gone, 'exit');
    gone.kill(signal);
    if (signal === 'SIGKILL') gone.kill('SIGCONT');
    await exited;
  }
  t.teardown(async () => {
    client.disconnect();
    await end('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });
  await start();
  return { url, port, client, start, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
