/**
 * What a call costs the server: its CPU time against a bare `ws` + `JSON.parse` reader with the same event filter, both
 * reading the same calls of the same PBX at once, records and board on, one panel open. Aim: at most 5×; event-loop delay
 * p99 less than 20 ms above its idle value. Settings: CALLS (6000), CALLS_PER_SECOND (100).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startLab } from '../lab/index.ts';
import { mixedCalls } from '../lab/sipp.ts';
import { startMeasuredServer } from './measured-server.ts';
import { cpuSeconds, residentBytes } from './process-cost.ts';

const total = Number(process.env['CALLS'] || 6_000);
const callsPerSecond = Number(process.env['CALLS_PER_SECOND'] || 100);
const idleMs = 3_000;

const lab = await startLab({ name: 'bench', portBlocks: 4 });
const { ariUrl, ariUsername, ariPassword } = lab.pbx;
const bare = spawn(process.execPath, [join(import.meta.dirname, 'bare-reader.ts'), ariUrl, 'bare'], {
  env: { ...process.env, ARI_CREDENTIALS: `${ariUsername}:${ariPassword}` },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const server = await startMeasuredServer(lab);
try {
  const said = String((await once(bare.stdout, 'data'))[0]).trim();
  if (said !== 'ready') throw new Error(`The bare reader: ${said}`);
  const panel = await server.openPanel();
  await server.inside();
  await delay(idleMs);
  const idle = await server.inside();
  const before = { vigie: cpuSeconds(server.pid), bare: cpuSeconds(bare.pid!) };
  await lab.sipp({ calls: mixedCalls(total), callsPerSecond });
  const vigieMs = (cpuSeconds(server.pid) - before.vigie) * 1000;
  const bareMs = (cpuSeconds(bare.pid!) - before.bare) * 1000;
  const residentMb = Math.round(residentBytes(server.pid) / 1e6);
  const busy = await server.inside();
  panel.close();
  console.log(
    JSON.stringify({
      benchmark: 'cpu-per-call',
      calls: total,
      callsPerSecond,
      ratio: Number((vigieMs / bareMs).toFixed(2)),
      aim: 5,
      vigieMsPerCall: Number((vigieMs / total).toFixed(3)),
      bareMsPerCall: Number((bareMs / total).toFixed(3)),
      eventLoopDelayMs: { idle: idle.loopDelayMs, busy: busy.loopDelayMs },
      residentMb,
    }),
  );
} finally {
  bare.kill('SIGTERM');
  await server.stop();
  await lab.stop();
}
