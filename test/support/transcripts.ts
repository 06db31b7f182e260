import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Call } from '../../src/contract/calls.ts';
import { CallsEngine, type EndedCall, lateFactsMs } from '../../src/features/calls/live-calls.ts';
import type { TelephonyFact } from '../../src/ports/telephony-facts.ts';
import type { Transcript } from './call-stage.ts';
import { peopleOf, quietLog } from './calls-people.ts';

const folder = join(import.meta.dirname, 'transcripts');

/** Facts of real calls, recorded in the lab by test/asterisk/calls-*.test.ts (VIGIE_TRANSCRIPTS). */
export function transcripts(): Transcript[] {
  return readdirSync(folder)
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Transcript);
}

const numbers = Array.from({ length: 12 }, (_, i) => String(1001 + i)).concat(['1901', '1902', '1903']);
export const labPeople = peopleOf(
  numbers.map((number) => ({
    name: `Agent ${number}`,
    devices: [`PJSIP/${number}`],
    interfaces: [`Local/${number}@from-queue/n`],
  })),
);

/** A fold with a clock of its own and a writer that writes at once. */
export function foldBench(people = labPeople) {
  let nowMs = 0;
  const records = new Map<string, EndedCall>();
  const changes: { call: Call; gone: boolean; devices: readonly string[] }[] = [];
  const engine = new CallsEngine({
    people,
    clock: { now: () => nowMs },
    log: quietLog,
    onEnded(ended) {
      const before = records.get(ended.call.id);
      if (!before || before.revision <= ended.revision) records.set(ended.call.id, ended);
    },
    onWithdrawn: (call) => void records.delete(call.id),
    isWritten: (id) => records.has(id),
  });
  engine.onChange(({ call, gone, devices }) => void changes.push({ call, gone, devices }));
  return {
    engine,
    records,
    changes,
    at(ms: number) {
      nowMs = ms;
    },
    pass(ms: number) {
      nowMs += ms;
      engine.sweep();
    },
    /** All records, in the order of their start. */
    ended: (): Call[] => [...records.values()].map(({ call }) => call).sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** Folds facts in the order given, then lets everything settle. */
export function fold(facts: readonly TelephonyFact[]): Call[] {
  const bench = foldBench();
  bench.at(facts[0]?.atMs ?? 0);
  for (const fact of facts) bench.engine.onFact(fact);
  bench.engine.settle();
  return bench.ended();
}
export { lateFactsMs };
