/**
 * What a call costs the server: its CPU time against a bare `ws` + `JSON.parse` reader with the same event filter, both
 * reading the same calls of the same PBX at once, records and board on, one panel open. Aim: at most 5×.
 * Settings: CALLS (6000), CALLS_PER_SECOND (100).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { startLab } from '../lab/index.ts';
import { mixedCalls } from '../lab/sipp.ts';
import { runVigie, startServer } from '../up/server.ts';
import { cpuSeconds, residentBytes } from './process-cost.ts';

const total = Number(process.env['CALLS'] || 6_000);
const callsPerSecond = Number(process.env['CALLS_PER_SECOND'] || 100);
const port = 18_000 + Math.floor(Math.random() * 2_000);
const address = `http://127.0.0.1:${port}`;

const dataDir = mkdtempSync(join(tmpdir(), 'vigie-bench-'));
// The database runs as another user, who must get in.
chmodSync(dataDir, 0o755);
const lab = await startLab({ name: 'bench', portBlocks: 4 });
const { ariUrl, ariUsername, ariPassword } = lab.pbx;
const bare = spawn(process.execPath, [join(import.meta.dirname, 'bare-reader.ts'), ariUrl, 'bare'], {
  env: { ...process.env, ARI_CREDENTIALS: `${ariUsername}:${ariPassword}` },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const env = {
  PORT: String(port),
  DATA_DIR: dataDir,
  LOG_LEVEL: 'error',
  ARI_URL: ariUrl,
  ARI_USERNAME: ariUsername,
  ARI_PASSWORD: ariPassword,
};
const server = await startServer(env, address);
try {
  const said = String((await once(bare.stdout, 'data'))[0]).trim();
  if (said !== 'ready') throw new Error(`The bare reader: ${said}`);
  await runVigie(
    ['user', 'add', '--login', 'bench', '--name', 'Bench', '--role', 'manager'],
    env,
    'bench-password\n',
  );
  const panel = await openPanel();
  const pids = { vigie: server.process.pid!, bare: bare.pid! };
  const idle = await eventLoopP99Ms();
  const before = { vigie: cpuSeconds(pids.vigie), bare: cpuSeconds(pids.bare) };
  await lab.sipp({ calls: mixedCalls(total), callsPerSecond });
  await delay(2_000);
  const cost = { vigie: cpuSeconds(pids.vigie) - before.vigie, bare: cpuSeconds(pids.bare) - before.bare };
  const busy = await eventLoopP99Ms();
  panel.close();
  console.log(
    JSON.stringify({
      benchmark: 'cpu-per-call',
      calls: total,
      callsPerSecond,
      ratio: Number((cost.vigie / cost.bare).toFixed(2)),
      aim: 5,
      vigieMsPerCall: Number(((cost.vigie * 1000) / total).toFixed(3)),
      bareMsPerCall: Number(((cost.bare * 1000) / total).toFixed(3)),
      eventLoopDelayP99Ms: { idle, busy },
      residentMb: Math.round(residentBytes(pids.vigie) / 1e6),
    }),
  );
} finally {
  bare.kill('SIGTERM');
  await server.stop();
  await lab.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** A supervisor's panel: what is pushed is part of the cost. */
async function openPanel(): Promise<{ close(): void }> {
  const reply = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login: 'bench', password: 'bench-password' }),
  });
  const cookie = reply.headers.getSetCookie()[0]!.split(';')[0]!;
  const socket = io(`${address}/live`, { extraHeaders: { cookie }, transports: ['websocket'] });
  await new Promise((resolve) => socket.once('snapshot', resolve));
  return { close: () => void socket.close() };
}

/** The default metrics restart the histogram at each scrape: the figure is since the last call. */
async function eventLoopP99Ms(): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number((Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)?.[1]) * 1000).toFixed(2));
}
