import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../scripts/lab/random.ts';
import type { LoadCall } from '../../scripts/lab/sipp-log.ts';
import type { HangupReason } from '../../src/contract/calls.ts';
import {
  callsUntil,
  journalOf,
  type Lived,
  loadReasons,
  openLoadStage,
  type RecordRow,
  recordRows,
  serveLoad,
  settled,
} from './load-stage.ts';
import { createTcpProxy } from './tcp-proxy.ts';
import { waitFor } from './wait-for.ts';

export interface GapProof {
  seed: number;
  gaps: number;
  /** Together, and the longest. */
  gapMs: { sum: number; max: number };
  calls: number;
  /** Calls in the PBX's journal without a record. */
  lost: string[];
  /** Callers with more than one record, and records that began no call. */
  double: string[];
  /** Records that say another ending, or another time of it, than SIPp's log and the journal. */
  wrong: string[];
  /** Calls that ended in a gap, and those of them that began in it as well. */
  endedInGap: number;
  unseen: number;
  /** Reasons that no journal can tell, said as docs/cel.md says. */
  untold: number;
}

interface Gap {
  fromMs: number;
  toMs: number;
}
const toleranceMs = 10;
/** What is heard last before a gap that is found out late. */
const deafMs = 3_000;

/**
 * Cuts or deadens the way from the real `vigie serve` to ARI, again and again, for 0.1 to `longestMs` (log-uniform) while
 * SIPp makes calls and the server follows the PBX's journal. The truth is SIPp's log and that journal.
 */
export async function proveGaps(o: { seed: number; gaps: number; longestMs: number }): Promise<GapProof> {
  const chance = seededRandom(o.seed);
  const { lab, db, settings, close } = await openLoadStage('gaps');
  let dialled = 0;
  const proxy = await createTcpProxy(lab.ports.ari, (chunk) => {
    if (/upgrade: websocket/i.test(chunk.toString('latin1'))) dialled += 1;
  });
  const ARI_URL = settings['ARI_URL']!.replace(/:\d+\//, `:${proxy.port}/`);
  const server = await serveLoad({ ...settings, ARI_URL });
  try {
    await server.compared();
    const gaps: Gap[] = [];
    let isOver = false;
    const load = callsUntil(lab, chance, () => isOver);
    while (gaps.length < o.gaps) {
      await delay(betweenMinMs + chance.below(betweenMaxMs - betweenMinMs));
      const before = dialled;
      const fromMs = Date.now();
      const isCut = chance.below(2) === 0;
      if (isCut) proxy.cut();
      else proxy.turn('silent');
      const lengthMs = shortestMs * (o.longestMs / shortestMs) ** chance.next();
      await delay(lengthMs);
      proxy.mend();
      // A link that was deaf for a moment only is the same one.
      if (isCut || lengthMs > deafMs) await waitFor(() => dialled > before, Boolean, backLimitMs);
      gaps.push({ fromMs, toMs: Date.now() });
    }
    isOver = true;
    const calls = await load;
    await settled(db);
    const proof = judge({ calls, gaps, rows: await recordRows(db), journal: await journalOf(lab) });
    const lengths = gaps.map(({ fromMs, toMs }) => toMs - fromMs);
    const gapMs = { sum: lengths.reduce((sum, one) => sum + one, 0), max: Math.max(...lengths) };
    return { seed: o.seed, gaps: gaps.length, gapMs, ...proof };
  } finally {
    await server.kill();
    await proxy.close();
    await close();
  }
}

const shortestMs = 100;
const betweenMinMs = 500;
const betweenMaxMs = 3_000;
const backLimitMs = 30_000;

function judge(o: {
  calls: readonly LoadCall[];
  gaps: readonly Gap[];
  rows: readonly RecordRow[];
  journal: Map<string, Lived>;
}): Omit<GapProof, 'seed' | 'gaps' | 'gapMs'> {
  const byNumber = Map.groupBy(o.rows, (row) => row.caller_number);
  const livedByNumber = new Map([...o.journal.values()].map((lived) => [lived.number, lived]));
  const lost: string[] = [];
  const double: string[] = [];
  const wrong: string[] = [];
  let calls = 0;
  let endedInGap = 0;
  let unseen = 0;
  let untold = 0;
  for (const call of o.calls) {
    const lived = livedByNumber.get(call.callerId);
    // A number that does not exist at all makes no channel.
    if (!lived) continue;
    calls += 1;
    const rows = byNumber.get(call.callerId) ?? [];
    const inGap = o.gaps.find(({ fromMs, toMs }) => lived.endMs >= fromMs && lived.endMs <= toMs);
    if (inGap) endedInGap += 1;
    if (inGap && lived.startMs >= inGap.fromMs) unseen += 1;
    const named = `${call.callerId} to ${call.dialled}`;
    if (rows.length === 0) lost.push(named);
    if (rows.length > 1) double.push(named);
    const fault = rows[0] && faultOf(rows[0], { call, lived, gaps: o.gaps });
    if (fault) wrong.push(`${named}: ${fault}`);
    else if (rows[0] && rows[0].reason !== loadReasons[call.dialled]) untold += 1;
  }
  for (const row of o.rows)
    if (!o.journal.has(row.unique_id)) double.push(`${row.caller_number}: ${row.unique_id} began no call`);
  return { calls, lost, double, wrong, endedInGap, unseen, untold };
}

/** What a journal leaves open (docs/cel.md), and what the record then says. */
const leftOpen: Partial<Record<HangupReason, string>> = {
  // A jump to an extension that is not there leaves no trace.
  'invalid-number': 'ended-by-dialplan',
  // Cause 19: whether the phone rang is not told.
  'agent-unreachable': 'unknown',
};

/** What is not so; null when the record is true. */
function faultOf(
  row: RecordRow,
  { call, lived, gaps }: { call: LoadCall; lived: Lived; gaps: readonly Gap[] },
): string | null {
  const apartMs = (row.ended_at?.getTime() ?? Number.NaN) - lived.endMs;
  if (Math.abs(row.started_at.getTime() - lived.startMs) > toleranceMs) return 'another start';
  if (!(Math.abs(apartMs) <= toleranceMs)) return `ended ${apartMs} ms off`;
  const wanted = loadReasons[call.dialled]!;
  if (row.reason === wanted) return null;
  const touched = gaps.some(({ fromMs, toMs }) => lived.startMs <= toMs && lived.endMs >= fromMs - deafMs);
  if (touched && row.reason === leftOpen[wanted]) return null;
  return `${row.reason}, not ${wanted}${touched ? ' (in a gap)' : ''}`;
}
