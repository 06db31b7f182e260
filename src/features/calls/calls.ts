import type { Call } from '../../contract/calls.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LiveCalls, LiveSupervisions, PeopleDirectory } from '../../ports/domain.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { deleteCalls, saveCalls } from './calls.repository.ts';
import { type CallsService, createCallsService } from './calls.service.ts';
import { CallsEngine, settleMs } from './live-calls.ts';
import { createRecordWriter } from './record-writer.ts';
import type { People } from './whose-leg.ts';

export interface Calls {
  /** Takes any fact; those that tell nothing about calls are ignored. Never throws, never waits. */
  onFact(fact: TelephonyFact): void;
  live: LiveCalls;
  service: CallsService;
  /** Folds and hands over at once what would be a moment later; for tests and for the end. */
  settle(): void;
  /** Ended calls that wait for the last facts of their other legs before they are recorded. */
  unsettled(): number;
  /** Writes what has ended, at most for `deadlineMs`. Returns how many records could not be written. */
  stop(deadlineMs?: number): Promise<number>;
  counts(): Record<
    'families' | 'calls' | 'factsDropped' | 'factsFolded' | 'waiting' | 'written' | 'dropped' | 'refused',
    number
  >;
}

const trimEveryMs = 30_000;
const stopDeadlineMs = 5_000;
/** An agent's line may be open for a shift: its oldest facts are let go of, since a resync finds the line itself. */
const factsKeptMaxMs = 6 * 3_600_000;

/** From facts to records: one record per call, live until it ends, then written once its facts are in. */
export function createCalls(deps: {
  db: Database;
  people: PeopleDirectory & Pick<People, 'byOwnLeg'>;
  clock: Clock;
  log: Log;
  /** Trimmed up to the oldest fact that no written record has yet. */
  eventLog?: Pick<EventLog, 'trim'>;
  supervisions?: Pick<LiveSupervisions, 'all'>;
  /** What agents and callers said about being listened to. */
  marks?(callIds: readonly string[]): Promise<(callId: string) => Call['marks']>;
}): Calls {
  const { db, people, clock, log } = deps;
  const writer = createRecordWriter({
    save: (batch) => saveCalls(db, batch),
    remove: (ids) => deleteCalls(db, ids),
    clock,
    log,
  });
  const engine = new CallsEngine({
    people,
    clock,
    log,
    onEnded: (ended) => writer.add(ended),
    onWithdrawn: (call) => writer.remove(call.id),
    isWritten: (id) => writer.isWritten(id),
  });
  const forgetPeople = people.onChange(() => engine.peopleChanged());
  const sweeping = setInterval(() => engine.sweep(), settleMs);
  sweeping.unref();
  const trimming = setInterval(() => {
    const nowMs = clock.now();
    const beforeMs = Math.max(Math.min(engine.oldestNeededMs(), nowMs - trimEveryMs), nowMs - factsKeptMaxMs);
    deps.eventLog
      ?.trim(beforeMs)
      .catch((error) => log.error({ err: error }, 'The event log cannot be trimmed'));
  }, trimEveryMs);
  trimming.unref();

  return {
    onFact(fact) {
      try {
        engine.onFact(fact);
      } catch (error) {
        log.error({ err: error, kind: fact.kind, pbx: fact.pbx }, 'A fact could not be folded');
      }
    },
    live: engine,
    service: createCallsService({
      db,
      people,
      supervisions: deps.supervisions,
      marks: deps.marks,
      inMemory: () => {
        const unwritten = engine.unwritten();
        const ids = new Set(unwritten.map(({ call }) => call.id));
        return [...unwritten, ...writer.waiting().filter(({ call }) => !ids.has(call.id))];
      },
    }),
    settle: () => engine.settle(),
    unsettled: () => engine.unsettled(),
    async stop(deadlineMs = stopDeadlineMs) {
      clearInterval(sweeping);
      clearInterval(trimming);
      forgetPeople();
      engine.settle();
      const left = await writer.drain(deadlineMs);
      writer.stop();
      return left;
    },
    counts: () => ({ ...engine.counts(), factsFolded: engine.factsFolded, ...writer.counts() }),
  };
}
