import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { createOurClock } from '../../ports/our-clock.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { createCelFacts } from './cel-facts.ts';
import type { CelBatch, CelSource } from './cel-source.ts';
import { createCelStamp } from './cel-stamp.ts';
import { createCheckpoints } from './checkpoints.ts';
import { createGapFilter, deafMaxMs } from './gap-filter.ts';
import type { KeptPosition } from './kept-position.ts';
import { createLiveClock } from './live-clock.ts';
import { createRepeats } from './repeats.ts';

/** What the journal's reader asks of those who take its facts. */
export interface CelNeeds {
  /** Settles when the facts taken so far are safe: only then is the place after them kept. */
  synced(): Promise<void>;
  /** Whether more facts may come now. A long journal waits meanwhile. */
  hasRoom(): boolean;
}
export interface CelJournal {
  /** Settles when what was written so far has been read, or after a while, going on by itself. */
  start(onFact: (fact: TelephonyFact) => void): Promise<void>;
  /** A fact of live events. */
  notice(fact: TelephonyFact): void;
  stop(): Promise<void>;
}

const complainEveryMs = 60_000;
const saveEveryMs = 1_000;
const startWaitMaxMs = 5_000;
const stopWaitMaxMs = 2_000;
const roomEveryMs = 50;
/** Rows a little older than what is needed belong to it: a hangup comes before its leg's end. */
const marginMs = 2_000;
/** A line kept open for longer than that is not read from its beginning again. */
const backMaxMs = 6 * 3_600_000;

/**
 * The PBX's own journal, followed as it is written and read on from where the last server stopped: what happened while
 * nobody watched. One that is not there yet is waited for; one that cannot be read is said, once a minute.
 */
export function createCelJournal(o: {
  name: string;
  source: CelSource;
  kept: KeptPosition;
  needs: CelNeeds;
  clock: Clock;
  log: Log;
}): CelJournal {
  const { source, clock } = o;
  const ourClock = createOurClock();
  const stamp = createCelStamp(o.name);
  const facts = createCelFacts();
  const isRepeat = createRepeats();
  const liveClock = createLiveClock(clock);
  const stopping = new AbortController();
  let filter: ReturnType<typeof createGapFilter> | null = null;
  let checkpoints = createCheckpoints<unknown>(null);
  let complainedAtMs = Number.NEGATIVE_INFINITY;
  let badBefore = 0;
  let savedAtMs = 0;
  let saved = '';
  let resynced: Extract<TelephonyFact, { kind: 'resynced' }> | null = null;
  let resyncedAtMs = 0;
  let startedAtMs = 0;
  let isClockTold = false;
  let running = Promise.resolve();

  const pause = (ms: number) => delay(ms, undefined, { signal: stopping.signal }).catch(() => {});

  function complain(fields: object, message: string): void {
    if (clock.now() - complainedAtMs < complainEveryMs) return;
    complainedAtMs = clock.now();
    o.log.warn({ pbx: o.name, ...fields }, message);
  }

  function take({ rows, position }: CelBatch): void {
    let untilMs = Number.NEGATIVE_INFINITY;
    for (const row of rows) {
      untilMs = Math.max(untilMs, row.atMs);
      if (isRepeat(row)) continue;
      for (const body of facts.take(row)) filter!.take(ourClock.translate(stamp(body, row.atMs)));
    }
    checkpoints.passed(position, untilMs);
  }

  /** Nothing more is written: what the journal does not tell by now, it never will. */
  function caughtUp(): void {
    if (!resynced || clock.now() - resyncedAtMs < source.lateMaxMs) return;
    const { liveUniqueIds } = resynced;
    const atMs = resynced.atMs + ourClock.aheadMs;
    resynced = null;
    for (const { uniqueId, lastSeenAtMs } of facts.lost(new Set(liveUniqueIds), atMs - marginMs)) {
      const becauseRestarted = startedAtMs + ourClock.aheadMs > lastSeenAtMs;
      const body = { kind: 'leg-vanished', uniqueId, lastSeenAtMs, becauseRestarted } as const;
      filter!.take(ourClock.translate(stamp(body, atMs)));
    }
  }

  async function save(): Promise<void> {
    savedAtMs = clock.now();
    const pbxNowMs = clock.now() + ourClock.aheadMs;
    // Legs that live are understood by their beginning; of the rest, what a dead link may have missed.
    const neededMs = Math.min(facts.oldestMs(), pbxNowMs - deafMaxMs) - marginMs;
    const position = checkpoints.before(Math.max(neededMs, pbxNowMs - backMaxMs));
    const text = JSON.stringify([position, ourClock.aheadMs]);
    if (position === null || text === saved) return;
    await o.needs.synced();
    await o.kept.save({ of: source.of, position, aheadMs: ourClock.aheadMs });
    saved = text;
  }

  async function look(isLive: boolean): Promise<boolean> {
    const batch = await source.read();
    if (batch) {
      const aheadMs = isLive && !isClockTold ? liveClock.sample(batch.rows) : null;
      if (aheadMs !== null) ourClock.learn(aheadMs);
      take(batch);
    } else caughtUp();
    if (source.bad > badBefore) {
      complain({ lines: source.bad }, `Lines of the journal (${source.setting}) cannot be understood`);
      badBefore = source.bad;
    }
    if (clock.now() - savedAtMs >= saveEveryMs) await save();
    return batch !== null;
  }

  async function run(onCaughtUp: () => void): Promise<void> {
    let isLive = false;
    while (!stopping.signal.aborted) {
      try {
        const hadMore = await look(isLive);
        if (!hadMore) {
          isLive = true;
          onCaughtUp();
          await pause(source.lookEveryMs);
        } else while (!o.needs.hasRoom() && !stopping.signal.aborted) await pause(roomEveryMs);
      } catch (error) {
        complain({ err: error }, `The journal of the PBX (${source.setting}) cannot be read`);
        onCaughtUp();
        await pause(source.lookEveryMs);
      }
    }
  }

  return {
    async start(onFact) {
      filter = createGapFilter(onFact);
      const kept = await o.kept.load(source.of);
      if (kept) ourClock.learn(kept.aheadMs);
      checkpoints = createCheckpoints<unknown>(kept?.position ?? null);
      source.open(kept?.position ?? null);
      await new Promise<void>((resolve) => {
        running = run(resolve);
        void pause(startWaitMaxMs).then(resolve);
      });
    },
    notice(fact) {
      if (fact.kind === 'pbx-connected') {
        startedAtMs = fact.startedAtMs;
        isClockTold = fact.clockAheadMs !== undefined;
        if (fact.clockAheadMs !== undefined) ourClock.learn(fact.clockAheadMs);
      }
      if (fact.kind === 'resynced') {
        resynced = fact;
        resyncedAtMs = clock.now();
      }
      filter?.notice(fact);
    },
    async stop() {
      stopping.abort();
      await Promise.race([running, delay(stopWaitMaxMs, undefined, { ref: false })]);
      await save().catch((error: unknown) =>
        complain({ err: error }, 'The place in the journal was not kept'),
      );
      await source.close();
    },
  };
}
