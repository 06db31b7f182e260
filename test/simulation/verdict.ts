import { isDeepStrictEqual } from 'node:util';
import type { Call } from '../../src/contract/calls.ts';
import { stated } from '../support/call-scenarios.ts';
import type { CallRecord } from './fake-database.ts';
import type { Outcome, Played } from './scenario.ts';
import type { Tape } from './tape.ts';

/** Everything that is not true of the records; [] when all is. */
export function faultsOf({ tapes, records, boardFaults }: Outcome): string[] {
  const faults = [...boardFaults];
  const known = new Set<string>();
  for (const played of tapes) {
    faults.push(...misjudged(played.tape));
    for (const [uniqueId, truth] of played.tape.truth) {
      known.add(uniqueId);
      const record = records.get(uniqueId);
      if (record)
        faults.push(
          ...wrongIn(played, truth, record).map((what) => `${played.tape.name} (${uniqueId}): ${what}`),
        );
      else if (played.heard.has(uniqueId)) faults.push(`${played.tape.name} (${uniqueId}): lost`);
    }
  }
  for (const uniqueId of records.keys()) {
    if (known.has(uniqueId)) continue;
    if (records.get(uniqueId)?.reason === 'unknown') continue;
    const tape = tapes.find((one) => JSON.stringify(one.tape.facts).includes(uniqueId));
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

function wrongIn(played: Played, truth: Call, record: CallRecord): string[] {
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
  if (played.wasCutByRestart) {
    if (!['pbx-restarted', 'unknown', truth.reason].includes(reason as string))
      wrong.push(`restarted, but ${reason}`);
    return wrong;
  }
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
