/**
 * What the server keeps in memory for each agent and for each call in progress: live heap after a collection, with and
 * without them. Settings: AGENTS (1000), CALLS (300).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { startLab } from '../lab/index.ts';
import { startMeasuredServer } from './measured-server.ts';
import { residentBytes } from './process-cost.ts';

const agents = Number(process.env['AGENTS'] || 1_000);
const calls = Number(process.env['CALLS'] || 300);
const arriveDeadlineMs = 60_000;

const lab = await startLab({ name: 'bench', portBlocks: 2 });
const server = await startMeasuredServer(lab);
try {
  const panel = await server.openPanel();
  const empty = await settledHeap();
  await importAgents();
  const withAgents = await settledHeap();
  const load = lab.sipp({
    calls: Array.from({ length: calls }, (_, i) => ({
      to: '8010',
      callerId: `0${622_000_000 + i}`,
      plan: 'hangup' as const,
      afterMs: 30_000,
    })),
    callsPerSecond: 50,
  });
  await callsInProgress();
  const withCalls = await settledHeap();
  console.log(
    JSON.stringify({
      benchmark: 'memory',
      agents,
      calls,
      heapMbEmpty: Number((empty / 1e6).toFixed(1)),
      kilobytesPerAgent: Number(((withAgents - empty) / agents / 1e3).toFixed(2)),
      kilobytesPerCall: Number(((withCalls - withAgents) / calls / 1e3).toFixed(2)),
      residentMb: Math.round(residentBytes(server.pid) / 1e6),
    }),
  );
  panel.close();
  await load;
} finally {
  await server.stop();
  await lab.stop();
}

/** The smallest of a few readings: a collection does not free everything at once. */
async function settledHeap(): Promise<number> {
  const readings: number[] = [];
  for (let i = 0; i < 4; i++) {
    readings.push((await server.inside()).heapUsedBytes);
    await delay(250);
  }
  return Math.min(...readings);
}

async function importAgents(): Promise<void> {
  const rows = Array.from({ length: agents }, (_, i) => `Agent ${i},PJSIP/${20_000 + i},Team ${i % 20}`);
  const reply = await fetch(`${server.address}/api/agents/import`, {
    method: 'POST',
    headers: { cookie: server.cookie, 'content-type': 'text/csv' },
    body: `name,endpoint,teams\n${rows.join('\n')}\n`,
  });
  if (!reply.ok) throw new Error(`The import: ${reply.status} ${await reply.text()}`);
}

async function callsInProgress(): Promise<void> {
  const deadline = Date.now() + arriveDeadlineMs;
  for (;;) {
    const reply = await fetch(`${server.address}/api/live`, { headers: { cookie: server.cookie } });
    const { calls: live } = (await reply.json()) as { calls: unknown[] };
    if (live.length >= calls) return;
    if (Date.now() > deadline) throw new Error(`${live.length} of ${calls} calls came`);
    await delay(200);
  }
}
