import type { Clock } from '../../ports/clock.ts';
import { idempotencyMs } from './idempotency.ts';
import { later } from './session-parts.ts';
import { endOfOtherPbxs, forgetReplies } from './supervision.repository.ts';
import { adoptOrEnd, type SweepDeps, sweep } from './sweep.ts';

export interface Sweeper {
  /** First adoption and sweep of every PBX, then one every so often. */
  start(): Promise<void>;
  stop(): void;
  /** To be called when the PBX is read anew: events may have been missed. */
  resynced(pbx: string): void;
  /** No event for too long: what cannot be followed is not called live. */
  lost(pbx: string): void;
  /** What an earlier server left there is known here. */
  hasAdopted(pbx: string): boolean;
  /** Another server has it: what it leaves is taken up anew, should it come back. */
  left(pbx: string): void;
}

/** What is found on the PBX is taken up when its calls are known, too; one that cannot be read is tried again. */
const firstReadMs = 3_000;
/** A PBX that is away this long has lost its supervisions; the sweep removes their legs when it is back. */
export const pbxLostGraceMs = 30_000;

export function createSweeper(
  options: Omit<SweepDeps, 'strandedBefore'> & {
    clock: Clock;
    pbxNames: readonly string[];
    /** Whether the PBX is this server's: no other's legs are touched. */
    isHere(pbx: string): boolean;
    sweepEveryMs: number;
  },
): Sweeper {
  const deps = { ...options, strandedBefore: new Set<string>() };
  const adopted = new Set<string>();
  const away = new Map<string, NodeJS.Timeout>();
  const firstRead = new Map(deps.pbxNames.map((pbx) => [pbx, Promise.withResolvers<void>()]));
  const turns = new Map<string, Promise<void>>();
  let isBegun = false;
  let timer: NodeJS.Timeout | undefined;

  /** One after the other: two at once would take the same supervision up twice. */
  function tidy(pbx: string): Promise<void> {
    const turn = (turns.get(pbx) ?? Promise.resolve()).then(() => tidyNow(pbx));
    turns.set(pbx, turn);
    return turn;
  }

  /** Never throws: what does not answer now is tried again. */
  async function tidyNow(pbx: string): Promise<void> {
    if (!deps.isHere(pbx)) return;
    try {
      if (!adopted.has(pbx)) {
        await adoptOrEnd(deps, pbx);
        adopted.add(pbx);
      }
      await sweep(deps, pbx);
    } catch (error) {
      deps.log.warn({ err: error, pbx }, 'The legs of supervisions could not be compared with the PBX');
    }
  }

  async function tidyAll(): Promise<void> {
    await Promise.all(deps.pbxNames.map((pbx) => tidy(pbx)));
    await deps.sessions.saveAgain();
    const nowMs = deps.clock.now();
    await Promise.all([
      endOfOtherPbxs(deps.db, deps.pbxNames, nowMs),
      forgetReplies(deps.db, nowMs - idempotencyMs),
    ]).catch((error: unknown) => deps.log.warn({ err: error }, 'Old supervisions could not be tidied up'));
  }

  return {
    async start() {
      const here = [...firstRead].filter(([pbx]) => deps.isHere(pbx));
      const read = here.map(([, { promise }]) => promise);
      await Promise.race([Promise.all(read), later(firstReadMs)]);
      timer = setInterval(() => void tidyAll(), deps.sweepEveryMs).unref();
      isBegun = true;
      await tidyAll();
    },
    stop() {
      clearInterval(timer);
      for (const waiting of away.values()) clearTimeout(waiting);
    },
    resynced(pbx) {
      clearTimeout(away.get(pbx));
      away.delete(pbx);
      firstRead.get(pbx)?.resolve();
      if (isBegun) void tidy(pbx);
    },
    hasAdopted: (pbx) => adopted.has(pbx),
    left(pbx) {
      adopted.delete(pbx);
      clearTimeout(away.get(pbx));
      away.delete(pbx);
    },
    lost(pbx) {
      if (away.has(pbx) || !deps.isHere(pbx)) return;
      const giveUp = () => {
        for (const session of deps.sessions.all()) {
          if (session.plan.pbx === pbx) void session.end('lost');
        }
      };
      away.set(pbx, setTimeout(giveUp, pbxLostGraceMs).unref());
    },
  };
}
