/** The real server under real calls of SIPp, and what SIPp's log and the PBX's journal say of them: for long proofs. */
import { once } from 'node:events';
import { chmodSync, mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse/sync';
import { v7 } from 'uuid';
import { type Lab, startLab } from '../../scripts/lab/index.ts';
import type { seededRandom } from '../../scripts/lab/random.ts';
import { mixedCalls } from '../../scripts/lab/sipp.ts';
import type { LoadCall } from '../../scripts/lab/sipp-log.ts';
import type { HangupReason } from '../../src/contract/calls.ts';
import type { Database } from '../../src/database/database.ts';
import { openTestDatabase } from './database.ts';
import { spawnVigie } from './vigie.ts';
import { waitFor } from './wait-for.ts';

/** A PBX with its load's people in a database, and the settings with which a server watches it. */
export interface LoadStage {
  lab: Lab;
  db: Database;
  settings: Record<string, string>;
  /** For one more server of the same installation. */
  anotherDataDir(): string;
  close(): Promise<void>;
}

export async function openLoadStage(name: string): Promise<LoadStage> {
  const [lab, database] = await Promise.all([
    startLab({
      name,
      portBlocks: 2,
      pbx: { channelVars: 'CHANNEL(linkedid),CHANNEL(hangupsource),QUEUESTATUS' },
    }),
    openTestDatabase(),
  ]);
  const dataDirs: string[] = [];
  const anotherDataDir = (): string => {
    const made = mkdtempSync(join(tmpdir(), `vigie-${name}-`));
    chmodSync(made, 0o711);
    dataDirs.push(made);
    return made;
  };
  await addPeople(database.db);
  return {
    lab,
    db: database.db,
    settings: {
      PORT: '0',
      LOG_LEVEL: 'warn',
      DATA_DIR: anotherDataDir(),
      DATABASE_URL: database.url,
      ARI_URL: lab.pbx.ariUrl,
      ARI_USERNAME: lab.pbx.ariUsername,
      ARI_PASSWORD: lab.pbx.ariPassword,
      CEL_FILE: lab.pbx.celFile,
    },
    anotherDataDir,
    async close() {
      await lab.stop();
      await database.close();
      for (const one of dataDirs) await rm(one, { recursive: true, force: true });
    },
  };
}

/** What each number of the load does: scripts/lab/README.md, "SIPp's plans". */
export const loadReasons: Record<string, HangupReason> = {
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
export interface RecordRow {
  caller_number: string | null;
  unique_id: string;
  reason: string | null;
  started_at: Date;
  ended_at: Date | null;
}

const callsInARow = 50;

/** SIPp's log of all it made, fifty calls after another. */
export async function callsUntil(
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

const startLimitMs = 60_000;

export type LoadServer = Awaited<ReturnType<typeof serveLoad>>;

export async function serveLoad(settings: Record<string, string>) {
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
    /** Settles once it has taken the PBX over from another server, and read it. */
    hasPbx: () =>
      waitFor(
        async () => (await (await fetch(`${at}/readyz`)).json()) as { checks: { pbxsRead?: string } },
        ({ checks }) => checks.pbxsRead === 'main',
        startLimitMs,
      ),
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
export async function settled(db: Database): Promise<void> {
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

export const recordRows = (db: Database): Promise<RecordRow[]> =>
  db.selectFrom('calls').select(['caller_number', 'unique_id', 'reason', 'started_at', 'ended_at']).execute();

export interface Lived {
  startMs: number;
  endMs: number;
  number: string;
}
/** When each caller's own channel began and ended, by the PBX's journal. */
export async function journalOf(lab: Lab): Promise<Map<string, Lived>> {
  const lines = parse(await readFile(lab.pbx.celFile, 'utf8'), { relax_column_count: true }) as string[][];
  const found = new Map<string, Lived>();
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
