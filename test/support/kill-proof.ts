import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../scripts/lab/random.ts';
import type { LoadCall } from '../../scripts/lab/sipp-log.ts';
import {
  callsUntil,
  journalOf,
  type Lived,
  type LoadServer,
  loadReasons,
  openLoadStage,
  type RecordRow,
  recordRows,
  serveLoad,
  settled,
} from './load-stage.ts';

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

const toleranceMs = 10;

interface Away {
  fromMs: number;
  toMs: number;
}
/**
 * Kills the real `vigie serve` with SIGKILL, again and again, at moments of chance while SIPp makes calls. The truth is
 * SIPp's log and the PBX's journal.
 */
export async function proveKills({
  seed,
  kills,
  shared,
}: {
  seed: number;
  kills: number;
  /** Two servers share the PBX; the one that has it is killed, and another one started. */
  shared?: { redisUrl: string };
}): Promise<KillProof> {
  const chance = seededRandom(seed);
  const { lab, db, settings: alone, anotherDataDir, close } = await openLoadStage('kill');
  const settings = { ...alone, ...(shared ? { REDIS_URL: shared.redisUrl } : {}) };
  let server = await serveLoad(settings);
  let spare: LoadServer | null = null;
  const startSpare = async (): Promise<void> => {
    if (!shared) return;
    spare = await serveLoad({ ...settings, DATA_DIR: anotherDataDir() });
    await spare.compared();
  };
  try {
    await server.compared();
    await startSpare();
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
      server = spare ?? (await serveLoad(settings));
      await (spare ? server.hasPbx() : server.compared());
      repairMs.push(Date.now() - startMs);
      aways.push({ fromMs, toMs: Date.now() });
      await startSpare();
    }
    isOver = true;
    const calls = await load;
    await settled(db);
    const proof = await judge({
      calls,
      aways,
      rows: await recordRows(db),
      journal: await journalOf(lab),
    });
    return { seed, kills: killed, ...proof, repairMs };
  } finally {
    await Promise.all([server.kill(), (spare as LoadServer | null)?.kill()]);
    await close();
  }
}

const killEveryMinMs = 200;
const killEveryMaxMs = 4_000;
async function judge(o: {
  calls: readonly LoadCall[];
  aways: readonly Away[];
  rows: readonly RecordRow[];
  journal: Map<string, Lived>;
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
  row: RecordRow,
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
  if (row.reason === loadReasons[call.dialled]) return null;
  // What happened while nobody watched cannot be told by who watches again.
  const wasAway = aways.some(({ fromMs, toMs }) => lived.startMs <= toMs && lived.endMs >= fromMs - 1_000);
  return wasAway && row.reason === 'unknown' ? null : `${row.reason}, not ${loadReasons[call.dialled]}`;
}
