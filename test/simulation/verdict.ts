import { isDeepStrictEqual } from 'node:util';
import type { Call } from '../../src/contract/calls.ts';
import { stated } from '../support/call-scenarios.ts';
import type { CallRecord } from './fake-database.ts';
import type { Outcome, Played } from './scenario.ts';
import type { Tape } from './tape.ts';

/** Everything that is not true of the records; [] when all is. */
export function faultsOf({ tapes, records, boardFaults, hasJournal, unsaid }: Outcome): string[] {
  const faults = [...boardFaults];
  if (unsaid > 0) faults.push('a damaged piece of the log was left out without a word');
  const known = new Set<string>();
  for (const played of tapes) {
    faults.push(...misjudged(played.tape));
    for (const [uniqueId, truth] of played.tape.truth) {
      known.add(uniqueId);
      const record = records.get(uniqueId);
      if (record)
        faults.push(
          ...wrongIn(played, truth, record, hasJournal).map(
            (what) => `${played.tape.name} (${uniqueId}): ${what}`,
          ),
        );
      else if (hasJournal ? !played.wasCutByRestart : played.heard.has(uniqueId) && !played.isDamaged)
        faults.push(`${played.tape.name} (${uniqueId}): lost`);
    }
  }
  for (const uniqueId of records.keys()) {
    if (known.has(uniqueId)) continue;
    const reason = records.get(uniqueId)?.reason;
    if (reason === 'unknown') continue;
    const tape = tapes.find((one) => JSON.stringify(one.tape.facts).includes(uniqueId));
    // A leg that dialled in at the moment at which the PBX stopped: what it was for, nobody will know.
    if (reason === 'pbx-restarted' && tape?.wasCutByRestart) continue;
    faults.push(
      `${tape?.tape.name} (${uniqueId}): invented ${records.get(uniqueId)?.direction} ${records.get(uniqueId)?.reason}`,
    );
  }
  return faults;
}

/** The fold itself is judged by what the phones did. */
function misjudged({ name, truth, expected }: Tape): string[] {
  const calls = [...truth.values()];
  return Object.entries(expected).flatMap(([number, wanted]) => {
    const found = calls.filter(({ caller }) => caller.number === number);
    if (found.length !== wanted.length)
      return [`${name}: ${number} has ${found.length} records, not ${wanted.length}`];
    const said = found.map((call, i) => stated(call, wanted[i] ?? wanted[0]!));
    return isDeepStrictEqual(said, wanted)
      ? []
      : [`${name}: ${number} is recorded as ${JSON.stringify(said)}`];
  });
}

function wrongIn(played: Played, truth: Call, record: CallRecord, hasJournal: boolean): string[] {
  const wrong: string[] = [];
  const differs = (what: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      wrong.push(`${what} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  };
  const { reason } = record;
  if (record.ended_at === null) wrong.push('never ended');
  const ms = (time: unknown) => Date.parse(String(time));
  if (record.last_seen_at !== null && ms(record.last_seen_at) > ms(record.ended_at))
    wrong.push('seen after its end');
  // What a damaged piece of the log held is lost, and was said: of those calls nothing but this is promised.
  if (played.isDamaged) return wrong;
  if (played.wasCutByRestart) {
    const before = hasJournal ? [truth.reason, played.tape.told.get(truth.uniqueId)?.reason] : [truth.reason];
    if (!['pbx-restarted', 'unknown', ...before].includes(reason as string))
      wrong.push(`restarted, but ${reason}`);
    return wrong;
  }
  if (hasJournal) return [...wrong, ...untold(played, truth, record)];
  if (reason !== 'unknown') differs('reason', reason, truth.reason);
  if (record.ended_by !== 'unknown') differs('endedBy', record.ended_by, truth.endedBy);
  const sum = ['menu_ms', 'wait_ms', 'talk_ms', 'hold_ms'].reduce(
    (total, name) => total + Number(record[name]),
    0,
  );
  differs(
    'sum of durations',
    sum,
    Date.parse(String(record.ended_at)) - Date.parse(String(record.started_at)),
  );
  if (truth.direction === 'inbound') {
    if (played.heardEnd.has(truth.uniqueId)) differs('end, which was heard,', record.ended_at, truth.endedAt);
    else if (ms(record.ended_at) < ms(truth.endedAt)) wrong.push('ended before its end');
    else if (ms(record.last_seen_at) > ms(truth.endedAt)) wrong.push('seen alive after its end');
  }
  if (
    record.answered_at !== null &&
    (truth.answeredAt === null || ms(record.answered_at) < ms(truth.answeredAt) - played.blurMs)
  )
    wrong.push(`answered at ${record.answered_at}, in truth ${truth.answeredAt}`);
  differs('start', record.started_at, truth.startedAt);
  if (played.isWhole) {
    for (const [column, value] of Object.entries({
      reason: truth.reason,
      ended_by: truth.endedBy,
      state: truth.state,
      direction: truth.direction,
      answered_at: truth.answeredAt,
      ended_at: truth.endedAt,
      talk_ms: truth.talkMs,
      wait_ms: truth.waitMs,
      hold_ms: truth.holdMs,
      queue_visits: truth.queueVisits,
      segments: truth.segments,
    }))
      differs(column, record[column], value);
  }
  return wrong;
}

/** Live events and the journal tell the same moment within this. */
const timeSkewMs = 10;

/** With the journal every call has its true end, whatever was heard live: as live events tell it, or the journal alone. */
function untold({ tape, blurMs }: Played, truth: Call, record: CallRecord): string[] {
  const alone = tape.told.get(truth.uniqueId) ?? truth;
  const wrong: string[] = [];
  const judge = (column: string, name: keyof Call, isRight: (found: unknown, wanted: unknown) => boolean) => {
    const found = record[column];
    if (isRight(found, truth[name]) || isRight(found, alone[name])) return;
    wrong.push(`${column} is ${String(found)}, in truth ${truth[name]}, by the journal ${alone[name]}`);
  };
  const isSame = (found: unknown, wanted: unknown) => found === wanted;
  const isNear = (earlyMs: number) => (found: unknown, wanted: unknown) => {
    if (typeof found !== 'string' || typeof wanted !== 'string') return found === wanted;
    const lateMs = Date.parse(found) - Date.parse(wanted);
    return -earlyMs <= lateMs && lateMs <= timeSkewMs;
  };
  judge('reason', 'reason', isSame);
  judge('ended_by', 'endedBy', isSame);
  judge('started_at', 'startedAt', isNear(timeSkewMs));
  // What a snapshot shows is dated to when its reading began.
  judge('answered_at', 'answeredAt', isNear(timeSkewMs + blurMs));
  judge('ended_at', 'endedAt', isNear(timeSkewMs));
  return wrong;
}
