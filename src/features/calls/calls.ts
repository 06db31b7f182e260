import type { Call } from '../../contract/calls.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog, LiveCalls, LiveSupervisions, PeopleDirectory } from '../../ports/domain.ts';
import type { EventLog, Replayed } from '../../ports/event-log.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import type { WriteBehind } from '../../ports/write-behind.ts';
import { deleteCalls, saveCalls } from './calls.repository.ts';
import { type CallsService, createCallsService } from './calls.service.ts';
import { CallsEngine, settleMs } from './live-calls.ts';
import { createRecordWriter } from './record-writer.ts';
import type { People } from './whose-leg.ts';

export interface Calls {
  /** Takes any fact; those that tell nothing about calls are ignored. Never throws, never waits. */
  onFact(fact: TelephonyFact): void;
  /** Takes what an earlier run of the server heard, before anything new is heard. */
  replay(log: Pick<EventLog, 'replay'>): Promise<Replayed>;
  live: LiveCalls;
  service: CallsService;
  /** Folds and hands over at once what would be a moment later; for tests and for the end. */
  settle(): void;
  /** Ended calls that wait for the last facts of their other legs before they are recorded. */
  unsettled(): number;
  /** Writes what has ended, at most for `deadlineMs`. Returns how many records could not be written. */
  stop(deadlineMs?: number): Promise<number>;
  /** Whether there is room for facts of old, which may come as fast as they can be taken. */
  hasRoom(): boolean;
  /** The facts of the PBX's calls in progress, and of those not yet recorded: all that another server must be told of them. */
  facts(pbx: string): TelephonyFact[];
  /** Another server has written the records of these calls. */
  writtenElsewhere(callIds: readonly string[]): void;
  /** The PBX's records are ours to write from now on, or no more. */
  homeChanged(): void;
  counts(): Record<
    'families' | 'calls' | 'factsDropped' | 'factsFolded' | 'waiting' | 'written' | 'dropped' | 'refused',
    number
  >;
}

/** Facts are in the event log for one to two of these; those of a call that goes on longer are kept anew, once. */
const pageMs = 60_000;
const stopDeadlineMs = 5_000;
/** Calls and records in memory, beyond which facts of old have to wait. */
const familiesMax = 10_000;
const waitingMax = 10_000;

/** From facts to records: one record per call, live until it ends, then written once its facts are in. */
export function createCalls(deps: {
  db: Database;
  people: PeopleDirectory & Pick<People, 'byOwnLeg'>;
  clock: Clock;
  log: Log;
  /** Told now and then which facts no unwritten record needs any more. */
  eventLog?: Pick<EventLog, 'turnPage' | 'onChange'>;
  /** Keeps records while the database is away. Default: memory does. */
  behind?: WriteBehind;
  /** Called when the database is back. */
  onDatabaseBack?(listener: () => void): () => void;
  supervisions?: Pick<LiveSupervisions, 'all'>;
  /** What agents and callers said about being listened to. */
  marks?(callIds: readonly string[]): Promise<(callId: string) => Call['marks']>;
  /** Absent: exports leave no entry. */
  audit?: AuditLog | undefined;
  /** Where servers share PBXs: whose records this one writes, and who is told of what was written. */
  shared?: {
    isOurs(pbx: string): boolean;
    onWritten(callIds: readonly string[], pbx: string): void;
  };
}): Calls {
  const { db, people, clock, log } = deps;
  const writer = createRecordWriter({
    save: (batch) => saveCalls(db, batch),
    remove: (ids) => deleteCalls(db, ids),
    clock,
    log,
    behind: deps.behind,
    ...deps.shared,
  });
  const isOurs = deps.shared?.isOurs ?? (() => true);
  const forgetDatabase = deps.onDatabaseBack?.(() => writer.wake());
  const engine = new CallsEngine({
    people,
    clock,
    log,
    onEnded: (ended) => writer.add(ended),
    onWithdrawn: (call) => isOurs(call.pbx) && writer.remove(call.id),
    isWritten: (id) => writer.isWritten(id),
  });
  const forgetPeople = people.onChange(() => engine.peopleChanged());
  const sweeping = setInterval(() => engine.sweep(), settleMs);
  sweeping.unref();
  const turnPage = (everything: boolean) => {
    const page = engine.turnPage(everything);
    deps.eventLog?.turnPage(page);
  };
  const turning = setInterval(() => turnPage(false), pageMs);
  turning.unref();
  // Facts that only memory still has.
  const forgetLog = deps.eventLog?.onChange(({ isIncomplete }) => isIncomplete && turnPage(true));

  function take(fact: TelephonyFact): void {
    try {
      engine.onFact(fact);
    } catch (error) {
      log.error({ err: error, kind: fact.kind, pbx: fact.pbx }, 'A fact could not be folded');
    }
  }

  return {
    onFact: take,
    async replay(eventLog) {
      const replayed = await eventLog.replay({
        over: (legs) => engine.forgetLegs(legs),
        facts(facts) {
          for (const fact of facts) take(fact);
        },
      });
      for (const id of engine.strays()) writer.remove(id);
      return replayed;
    },
    live: engine,
    service: createCallsService({
      db,
      people,
      supervisions: deps.supervisions,
      marks: deps.marks,
      audit: deps.audit,
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
      clearInterval(turning);
      forgetLog?.();
      forgetDatabase?.();
      forgetPeople();
      engine.settle();
      const left = await writer.drain(deadlineMs);
      writer.stop();
      return left;
    },
    hasRoom: () => engine.counts().families < familiesMax && writer.counts().waiting < waitingMax,
    facts: (pbx) => engine.facts(pbx),
    writtenElsewhere: (callIds) => writer.writtenElsewhere(callIds),
    homeChanged: () => writer.wake(),
    counts: () => ({ ...engine.counts(), factsFolded: engine.factsFolded, ...writer.counts() }),
  };
}
