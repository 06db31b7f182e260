import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Test } from 'tap';
import { run } from '../../scripts/lab/tools.ts';
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
export async function startRedis(
  t: Pick<Test, 'teardown'>,
  more: readonly string[] = [],
): Promise<TestRedis> {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'vigie-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => 50 });
  client.on('error', () => {});

  async function start(): Promise<void> {
    const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir];
    child = spawn('redis-server', [...own, '--save', '', '--appendonly', 'no', ...more], { stdio: 'ignore' });
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

/** A master, a replica and three sentinels who watch them; `url` asks the sentinels. */
export async function startSentinels(t: Pick<Test, 'teardown'>) {
  const master = await startRedis(t);
  const replica = await startRedis(t, ['--replicaof', '127.0.0.1', String(master.port)]);
  await waitFor(
    () => replica.client.info('replication'),
    (text) => text.includes('master_link_status:up'),
  );
  const ports: number[] = [];
  for (let n = 0; n < 3; n++) ports.push(await startSentinel(t, master.port));
  const sentinel = new Redis(ports[0]!, { lazyConnect: true });
  t.teardown(() => sentinel.disconnect());
  // Each must know the others before one of them may act.
  await waitFor(
    async () => (await sentinel.call('SENTINEL', 'SENTINELS', 'vigie')) as unknown[],
    (others) => others.length === 2,
  );
  const url = `redis+sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(',')}/vigie`;
  return { url, master, replica };
}

async function startSentinel(t: Pick<Test, 'teardown'>, masterPort: number): Promise<number> {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'vigie-sentinel-'));
  const file = join(dir, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor vigie 127.0.0.1 ${masterPort} 2`,
    'sentinel down-after-milliseconds vigie 500',
    'sentinel failover-timeout vigie 3000',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(dir, { recursive: true, force: true });
  });
  return port;
}

/** Three masters that share all slots, each with a replica; `url` names two of them. */
export async function startRedisCluster(t: Pick<Test, 'teardown'>) {
  const nodes: TestRedis[] = [];
  const member = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
  for (let n = 0; n < 6; n++) nodes.push(await startRedis(t, member));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']);
  await waitFor(
    () => Promise.all(nodes.map(({ client }) => client.cluster('INFO'))),
    (infos) => infos.every((text) => text.includes('cluster_state:ok')),
  );
  return { url: `redis+cluster://${addresses[0]},${addresses[1]}`, nodes };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
