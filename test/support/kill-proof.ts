import { once } from 'node:events';
import { chmodSync, mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { v7 } from 'uuid';
import { type Lab, startLab } from '../../scripts/lab/index.ts';
import { seededRandom } from '../../scripts/lab/random.ts';
import { mixedCalls } from '../../scripts/lab/sipp.ts';
import type { LoadCall } from '../../scripts/lab/sipp-log.ts';
import type { HangupReason } from '../../src/contract/calls.ts';
import type { Database } from '../../src/database/database.ts';
import { openTestDatabase } from './database.ts';
import { spawnVigie } from './vigie.ts';
import { waitFor } from './wait-for.ts';

export interface KillProof {
  seed: number;
  kills: number;
  calls: number;
  /** Calls that the PBX's journal says were alive while the server watched, and that have no record. */
  lost: string[];
  /** Callers with more than one record. */
  double: string[];
  /** Records that say another ending, or another time of it, than SIPp's log and the journal. */
  wrong: string[];
  /** Calls that came and went while the server was away. */
  unseen: number;
  unseenRecorded: number;
  /** Ended while the server was away, and recorded as such: `unknown`, over by the time it was back. */
  unknown: number;
  /** From the start of the process until it has compared itself with the PBX. */
  repairMs: number[];
}

/** What each number of the load does: scripts/lab/README.md, "SIPp's plans". */
const reasons: Record<string, HangupReason> = {
  '8501': 'customer-hung-up',
  '8502': 'agent-hung-up',
  '8503': 'busy',
  '8504': 'rejected',
  '8505': 'abandoned-ringing',
  '8506': 'invalid-number',
  '8507': 'agent-unreachable',
  '8508': 'congestion',
  '8511': 'no-answer',
  '8010': 'abandoned-in-queue',
  '8014': 'ended-by-dialplan',
  '8033': 'invalid-number',
};
const loadDevices = ['answer', 'hangup', 'busy', 'reject', 'ring', 'missing', 'off', 'congested'].map(
  (name) => `PJSIP/load-${name}`,
);
const callsPerSecond = 5;
const toleranceMs = 10;

interface Away {
  fromMs: number;
  toMs: number;
}
interface Row {
  caller_number: string | null;
  unique_id: string;
  reason: string | null;
  started_at: Date;
  ended_at: Date | null;
}

/**
 * Kills the real `vigie serve` with SIGKILL, again and again, at moments of chance while SIPp makes calls. The truth is
 * SIPp's log and the PBX's journal.
 */
export async function proveKills({ seed, kills }: { seed: number; kills: number }): Promise<KillProof> {
  const chance = seededRandom(seed);
  const [lab, database] = await Promise.all([
    startLab({
      name: 'kill',
      portBlocks: 2,
      pbx: { channelVars: 'CHANNEL(linkedid),CHANNEL(hangupsource),QUEUESTATUS' },
    }),
    openTestDatabase(),
  ]);
  const dataDir = mkdtempSync(join(tmpdir(), 'vigie-kill-'));
  chmodSync(dataDir, 0o711);
  const settings = {
    PORT: '0',
    LOG_LEVEL: 'warn',
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    ARI_URL: lab.pbx.ariUrl,
    ARI_USERNAME: lab.pbx.ariUsername,
    ARI_PASSWORD: lab.pbx.ariPassword,
    CEL_FILE: lab.pbx.celFile,
  };
  await addPeople(database.db);
  let server = await serve(settings);
  try {
    await server.compared();
    const aways: Away[] = [];
    const repairMs: number[] = [];
    let isOver = false;
    const load = callsUntil(lab, chance, () => isOver);
    let killed = 0;
    while (killed < kills) {
      await delay(killEveryMinMs + chance.below(killEveryMaxMs - killEveryMinMs));
      const fromMs = Date.now();
      await server.kill();
      killed += 1;
      const startMs = Date.now();
      server = await serve(settings);
      await server.compared();
      repairMs.push(Date.now() - startMs);
      aways.push({ fromMs, toMs: Date.now() });
    }
    isOver = true;
    const calls = await load;
    await settled(database.db);
    const proof = await judge({
      calls,
      aways,
      rows: await rowsOf(database.db),
      journal: await journalOf(lab),
    });
    return { seed, kills: killed, ...proof, repairMs };
  } finally {
    await server.kill();
    await lab.stop();
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const callsInARow = 50;

/** SIPp's log of all it made, fifty calls after another. */
async function callsUntil(
  lab: Lab,
  chance: ReturnType<typeof seededRandom>,
  isOver: () => boolean,
): Promise<LoadCall[]> {
  const made: LoadCall[] = [];
  for (let firstCaller = 611_000_000; !isOver(); firstCaller += callsInARow) {
    const calls = mixedCalls(callsInARow, firstCaller).map((order) => ({
      ...order,
      // Some calls outlive a restart.
      afterMs: order.afterMs * (order.plan === 'hangup' && chance.below(3) === 0 ? 10 : 1) + 1_000,
    }));
    made.push(...(await lab.sipp({ calls, callsPerSecond })));
  }
  return made;
}

const killEveryMinMs = 200;
const killEveryMaxMs = 4_000;
const startLimitMs = 60_000;

async function serve(settings: Record<string, string>) {
  const child = spawnVigie(['serve'], settings);
  // Ahead of other programs, as the lab's Asterisk: what is judged is this server, not who shares its machine.
  if (process.getuid?.() === 0) setPriority(child.pid!, -15);
  const exited = once(child, 'exit');
  let said = '';
  child.stderr!.on('data', (chunk) => (said += chunk));
  const lines = createInterface(child.stdout!);
  const address = Promise.race([
    new Promise<string>((resolve) => {
      lines.on('line', (line) => {
        const found = /^Vigie is at (\S+)/.exec(line)?.[1];
        if (found) resolve(found);
      });
    }),
    exited.then(() => Promise.reject(new Error(`vigie serve ended: ${said}`))),
  ]);
  const at = await address;
  return {
    /** Settles once it has tried the PBX, which is when it is ready. */
    compared: () => waitFor(async () => (await fetch(`${at}/readyz`)).ok, Boolean, startLimitMs),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function addPeople(db: Database): Promise<void> {
  for (const device of loadDevices) {
    const id = v7();
    await db
      .insertInto('people')
      .values({ id, name: device, roles: ['agent'], devices: [device] })
      .execute();
    await db.insertInto('person_devices').values({ pbx: 'main', device, person_id: id }).execute();
  }
}

/** Until no new record comes. */
async function settled(db: Database): Promise<void> {
  let last = -1;
  let sinceMs = Date.now();
  await waitFor(async () => {
    const { n } = await db
      .selectFrom('calls')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    if (n !== last) sinceMs = Date.now();
    last = n;
    return Date.now() - sinceMs > 3_000;
  });
}

const rowsOf = (db: Database): Promise<Row[]> =>
  db.selectFrom('calls').select(['caller_number', 'unique_id', 'reason', 'started_at', 'ended_at']).execute();

interface Lived {
  startMs: number;
  endMs: number;
}
/** When each caller's own channel began and ended, by the PBX's journal. */
async function journalOf(lab: Lab): Promise<Map<string, Lived & { number: string }>> {
  const lines = parse(await readFile(lab.pbx.celFile, 'utf8'), { relax_column_count: true }) as string[][];
  const found = new Map<string, Lived & { number: string }>();
  for (const [event, time, uniqueId, linkedId, , , number] of lines) {
    if (uniqueId !== linkedId) continue;
    const atMs = Number(time) * 1_000;
    if (event === 'CHAN_START')
      found.set(uniqueId!, { startMs: atMs, endMs: Number.POSITIVE_INFINITY, number: number! });
    const lived = found.get(uniqueId!);
    if (event === 'CHAN_END' && lived) lived.endMs = atMs;
  }
  return found;
}

async function judge(o: {
  calls: readonly LoadCall[];
  aways: readonly Away[];
  rows: readonly Row[];
  journal: Map<string, Lived & { number: string }>;
}): Promise<Omit<KillProof, 'seed' | 'kills' | 'repairMs'>> {
  const byNumber = Map.groupBy(o.rows, (row) => row.caller_number);
  const livedByNumber = new Map([...o.journal.values()].map((lived) => [lived.number, lived]));
  const proof = {
    calls: 0,
    lost: [],
    double: [],
    wrong: [],
    unseen: 0,
    unseenRecorded: 0,
    unknown: 0,
  } as Omit<KillProof, 'seed' | 'kills' | 'repairMs'>;
  for (const call of o.calls) {
    const lived = livedByNumber.get(call.callerId);
    // A number that does not exist at all makes no channel.
    if (!lived) continue;
    proof.calls += 1;
    const rows = byNumber.get(call.callerId) ?? [];
    const isUnseen = o.aways.some(({ fromMs, toMs }) => lived.startMs >= fromMs && lived.endMs <= toMs);
    if (isUnseen) proof.unseen += 1;
    if (isUnseen && rows.length > 0) proof.unseenRecorded += 1;
    if (rows.length > 1) proof.double.push(call.callerId);
    const row = rows[0];
    if (!row) {
      if (!isUnseen) proof.lost.push(`${call.callerId} to ${call.dialled}`);
      continue;
    }
    const fault = faultOf(row, { call, lived, aways: o.aways });
    if (fault) proof.wrong.push(`${call.callerId} to ${call.dialled}: ${fault}`);
    else if (row.reason === 'unknown') proof.unknown += 1;
  }
  for (const row of o.rows)
    if (!o.journal.has(row.unique_id))
      proof.double.push(`${row.caller_number}: ${row.unique_id} began no call`);
  return proof;
}

/** What is not so; null when the record is true. */
function faultOf(
  row: Row,
  { call, lived, aways }: { call: LoadCall; lived: Lived; aways: readonly Away[] },
): string | null {
  const endMs = row.ended_at?.getTime() ?? Number.NaN;
  if (Math.abs(row.started_at.getTime() - lived.startMs) > toleranceMs) return 'another start';
  const endedAway = aways.find(({ fromMs, toMs }) => lived.endMs >= fromMs - 1_000 && lived.endMs <= toMs);
  if (row.reason === 'unknown' && endedAway) {
    return endMs >= lived.endMs - toleranceMs && endMs <= endedAway.toMs + 1_000
      ? null
      : 'over at another time';
  }
  if (Math.abs(endMs - lived.endMs) > toleranceMs) return `ended ${endMs - lived.endMs} ms off`;
  if (row.reason === reasons[call.dialled]) return null;
  // What happened while nobody watched cannot be told by who watches again.
  const wasAway = aways.some(({ fromMs, toMs }) => lived.startMs <= toMs && lived.endMs >= fromMs - 1_000);
  return wasAway && row.reason === 'unknown' ? null : `${row.reason}, not ${reasons[call.dialled]}`;
}
