import { setTimeout as delay } from 'node:timers/promises';
import { startLab } from '../lab/index.ts';
import { mixedCalls } from '../lab/sipp.ts';
import { startMeasuredServer } from './measured-server.ts';
import { cpuSeconds, residentBytes } from './process-cost.ts';

export interface Load {
  calls: number;
  callsPerSecond: number;
  panels: number;
}
const rowsAtOnce = 2_500;
const settleMs = 3_000;

/** One server, so many agents, the same calls: CPU for each call, without panels and with them, and memory. */
export async function growWithAgents({ agents, calls, callsPerSecond, panels }: Load & { agents: number }) {
  const lab = await startLab({ name: 'bench', portBlocks: 2 });
  const server = await startMeasuredServer(lab);
  try {
    for (let from = 0; from < agents; from += rowsAtOnce)
      await importAgents(server, from, Math.min(agents, from + rowsAtOnce));
    await delay(settleMs);
    const startMs = performance.now();
    const snapshotBytes = (await snapshotText(server)).length;
    const snapshotMs = performance.now() - startMs;
    const measure = async () => {
      const before = cpuSeconds(server.pid);
      await lab.sipp({ calls: mixedCalls(calls), callsPerSecond });
      return ((cpuSeconds(server.pid) - before) * 1_000) / calls;
    };
    const idleMs = await idleCost(server.pid);
    const bare = await measure();
    const open = await Promise.all(Array.from({ length: panels }, () => server.openPanel()));
    const withPanels = await measure();
    for (const panel of open) panel.close();
    const { heapUsedBytes } = await server.inside();
    return {
      agents,
      cpuMsPerCall: round(bare),
      cpuMsPerCallAndPanel: round((withPanels - bare) / panels),
      idleCpuMsPerSecond: round(idleMs),
      snapshotKb: Math.round(snapshotBytes / 1e3),
      snapshotMs: Math.round(snapshotMs),
      heapMb: Math.round(heapUsedBytes / 1e6),
      residentMb: Math.round(residentBytes(server.pid) / 1e6),
    };
  } finally {
    await server.stop();
    await lab.stop();
  }
}

type Server = Awaited<ReturnType<typeof startMeasuredServer>>;

async function idleCost(pid: number): Promise<number> {
  const before = cpuSeconds(pid);
  await delay(settleMs);
  return ((cpuSeconds(pid) - before) * 1_000) / (settleMs / 1_000);
}

async function snapshotText({ address, cookie }: Server): Promise<string> {
  const reply = await fetch(`${address}/api/live`, { headers: { cookie } });
  return reply.text();
}

async function importAgents({ address, cookie }: Server, from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    return `Agent ${n},PJSIP/${20_000 + n},Team ${n % 50}`;
  });
  const reply = await fetch(`${address}/api/agents/import`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'text/csv' },
    body: `name,endpoint,teams\n${rows.join('\n')}\n`,
  });
  if (!reply.ok) throw new Error(`The import: ${reply.status} ${await reply.text()}`);
}

export const round = (value: number): number => Number(value.toFixed(2));
