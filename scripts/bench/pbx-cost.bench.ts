/**
 * What watching costs Asterisk: its CPU time and memory for the same calls beside a bare `ws` + `JSON.parse` reader with the
 * same event filter, beside Vigie with ARI alone, and beside Vigie with AMI; PAIRS (5) interleaved rounds. Aim: median CPU at most 1.10× of the
 * bare reader's, and at most 0.2 REST requests for each call that nobody supervises. Settings: CALLS (1000), CALLS_PER_SECOND (50).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createTcpProxy } from '../../test/support/tcp-proxy.ts';
import { startLab } from '../lab/index.ts';
import { mixedCalls } from '../lab/sipp.ts';
import { startServer } from '../up/server.ts';
import { cpuSeconds, median, residentBytes } from './process-cost.ts';

const pairs = Number(process.env['PAIRS'] || 5);
const total = Number(process.env['CALLS'] || 1_000);
const callsPerSecond = Number(process.env['CALLS_PER_SECOND'] || 50);
/** What a start or an end costs is not a call's. */
const settleMs = 2_000;
const sides = ['bare', 'ari', 'ami'] as const;
type Side = (typeof sides)[number];

const lab = await startLab({ name: 'pbx-cost', portBlocks: 2 });
const { ariUrl, ariUsername, ariPassword, amiPort, amiUsername, amiPassword } = lab.pbx;
let requests = 0;
const proxy = await createTcpProxy(lab.ports.ari, (chunk) => {
  requests += chunk.toString('latin1').match(/^(GET|POST|PUT|DELETE) \S+ HTTP\/1\.1\r$/gm)?.length ?? 0;
});
const dataDir = mkdtempSync(join(tmpdir(), 'vigie-bench-'));
// The database runs as another user, who must get in.
chmodSync(dataDir, 0o755);

interface Cost {
  cpuMsPerCall: number;
  memoryKbPerCall: number;
  requestsPerCall: number;
}

/** Asterisk's cost of one load with this side watching. */
async function measure(side: Side): Promise<Cost> {
  const watcher = side === 'bare' ? await startBare() : await startVigie(side === 'ami');
  await delay(settleMs);
  const pid = lab.pbx.pid!;
  const before = { cpu: cpuSeconds(pid), bytes: residentBytes(pid), requests };
  await lab.sipp({ calls: mixedCalls(total), callsPerSecond });
  const cost = {
    cpuMsPerCall: ((cpuSeconds(pid) - before.cpu) * 1000) / total,
    memoryKbPerCall: (residentBytes(pid) - before.bytes) / 1000 / total,
    requestsPerCall: (requests - before.requests) / total,
  };
  await watcher.stop();
  await delay(settleMs);
  return cost;
}

async function startBare() {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, 'bare-reader.ts'), ariUrl, 'bare'],
    {
      env: { ...process.env, ARI_CREDENTIALS: `${ariUsername}:${ariPassword}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const said = String((await once(child.stdout!, 'data'))[0]).trim();
  if (said !== 'ready') throw new Error(`The bare reader: ${said}`);
  return {
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

async function startVigie(withAmi: boolean) {
  const port = lab.ports.spare[0];
  const env = {
    PORT: String(port),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'error',
    ARI_URL: ariUrl.replace(/:\d+\//, `:${proxy.port}/`),
    ARI_USERNAME: ariUsername,
    ARI_PASSWORD: ariPassword,
    ...(withAmi
      ? {
          AMI_HOST: '127.0.0.1',
          AMI_PORT: String(amiPort),
          AMI_USERNAME: amiUsername,
          AMI_PASSWORD: amiPassword,
        }
      : {}),
  };
  return startServer(env, `http://127.0.0.1:${port}`);
}

try {
  const costs: Record<Side, Cost[]> = { bare: [], ari: [], ami: [] };
  // Whoever is first meets a younger Asterisk: they take turns. The very first round warms it up.
  await measure('bare');
  for (let i = 0; i < pairs; i++) {
    for (const side of i % 2 ? sides.toReversed() : sides) costs[side].push(await measure(side));
  }
  const ratios = (side: Side) =>
    costs[side].map(({ cpuMsPerCall }, i) => cpuMsPerCall / costs.bare[i]!.cpuMsPerCall);
  const round = (value: number) => Number(value.toFixed(3));
  const of = (side: Side, key: keyof Cost) => round(median(costs[side].map((cost) => cost[key])));
  console.log(
    JSON.stringify({
      benchmark: 'pbx-cost',
      calls: total,
      callsPerSecond,
      pairs,
      cpuRatio: { ari: round(median(ratios('ari'))), ami: round(median(ratios('ami'))) },
      aim: 1.1,
      cpuMsPerCall: {
        bare: of('bare', 'cpuMsPerCall'),
        ari: of('ari', 'cpuMsPerCall'),
        ami: of('ami', 'cpuMsPerCall'),
      },
      requestsPerCall: { ari: of('ari', 'requestsPerCall'), ami: of('ami', 'requestsPerCall') },
      aimRequestsPerCall: 0.2,
      memoryKbPerCall: {
        bare: of('bare', 'memoryKbPerCall'),
        ari: of('ari', 'memoryKbPerCall'),
        ami: of('ami', 'memoryKbPerCall'),
      },
    }),
  );
} finally {
  await proxy.close();
  await lab.stop();
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
}
