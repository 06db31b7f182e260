import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { openTestDatabase } from '../../test/support/database.ts';
import { startRedis } from '../../test/support/redis.ts';
import { startLab } from '../lab/index.ts';
import { mixedCalls } from '../lab/sipp.ts';
import { ensureRedisInstalled } from '../setup/redis.ts';
import { runVigie, startServer } from '../up/server.ts';
import { type Load, round } from './growth-agents.ts';
import { cpuSeconds } from './process-cost.ts';

const password = 'bench-password';
const settleMs = 4_000;

/** So many servers that share one PBX, the panels spread over them: CPU of the one that reads, of another, of Redis. */
export async function growWithServers({
  servers,
  calls,
  callsPerSecond,
  panels,
}: Load & { servers: number }) {
  await ensureRedisInstalled((line) => console.error(line));
  const undo: (() => unknown)[] = [];
  try {
    const lab = await startLab({ name: 'bench', portBlocks: 2 });
    undo.push(() => lab.stop());
    const database = await openTestDatabase();
    undo.push(() => database.close());
    const redis = await startRedis({ teardown: (end) => void undo.push(end as () => unknown) });
    const settings = {
      LOG_LEVEL: 'error',
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      ARI_URL: lab.pbx.ariUrl,
      ARI_USERNAME: lab.pbx.ariUsername,
      ARI_PASSWORD: lab.pbx.ariPassword,
    };
    const running: { address: string; pid: number; env: Record<string, string> }[] = [];
    for (let n = 0; n < servers; n++) {
      const dataDir = mkdtempSync(join(tmpdir(), 'vigie-bench-'));
      chmodSync(dataDir, 0o755);
      const port = 18_000 + Math.floor(Math.random() * 2_000);
      const address = `http://127.0.0.1:${port}`;
      const env = { ...settings, DATA_DIR: dataDir, PORT: String(port) };
      const server = await startServer(env, address);
      undo.push(async () => {
        server.process.kill('SIGKILL');
        await server.stop();
        rmSync(dataDir, { recursive: true, force: true });
      });
      running.push({ address, pid: server.process.pid!, env });
    }
    const [first] = running;
    const who = ['--login', 'bench', '--name', 'Bench', '--role', 'manager'];
    await runVigie(
      ['user', 'add', ...who],
      { ...first!.env, DATA_DIR: mkdtempSync(join(tmpdir(), 'vigie-bench-')) },
      `${password}\n`,
    );
    const cookie = await signIn(first!.address);
    const sockets = await Promise.all(
      Array.from({ length: panels }, async (_, i) => {
        const { address } = running[i % running.length]!;
        const socket = io(`${address}/live`, {
          extraHeaders: { cookie },
          transports: ['websocket'],
          forceNew: true,
        });
        await new Promise((resolve) => socket.once('snapshot', resolve));
        return socket;
      }),
    );
    await delay(settleMs);
    const redisPid = Number(/process_id:(\d+)/.exec(await redis.client.info('server'))?.[1]);
    const pids = [...running.map(({ pid }) => pid), redisPid];
    const before = pids.map(cpuSeconds);
    await lab.sipp({ calls: mixedCalls(calls), callsPerSecond });
    const spent = pids.map((pid, i) => round(((cpuSeconds(pid) - before[i]!) * 1_000) / calls));
    for (const socket of sockets) socket.close();
    const owners = await Promise.all(running.map(({ address }) => hasPbx(address)));
    const ofServers = spent.slice(0, -1);
    return {
      servers,
      panels,
      readerCpuMsPerCall: ofServers.find((_, i) => owners[i]),
      otherCpuMsPerCall: ofServers.filter((_, i) => !owners[i]),
      redisCpuMsPerCall: spent.at(-1),
      streamBytes: await redis.client.memory('USAGE', (await redis.client.keys('*facts'))[0] ?? ''),
    };
  } finally {
    for (const end of undo.reverse()) await end();
  }
}

async function hasPbx(address: string): Promise<boolean> {
  const { checks } = (await (await fetch(`${address}/readyz`)).json()) as { checks: { pbxsHere?: string } };
  return checks.pbxsHere === 'main';
}

async function signIn(address: string): Promise<string> {
  const reply = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login: 'bench', password }),
  });
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
}
