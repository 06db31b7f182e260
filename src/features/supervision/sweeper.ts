import type { Clock } from '../../ports/clock.ts';
import { idempotencyMs } from './idempotency.ts';
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
}

/** A PBX that is away this long has lost its supervisions; the sweep removes their legs when it is back. */
export const pbxLostGraceMs = 30_000;

export function createSweeper(
  options: Omit<SweepDeps, 'strandedBefore'> & {
    clock: Clock;
    pbxNames: readonly string[];
    sweepEveryMs: number;
  },
): Sweeper {
  const deps = { ...options, strandedBefore: new Set<string>() };
  const adopted = new Set<string>();
  const away = new Map<string, NodeJS.Timeout>();
  let timer: NodeJS.Timeout | undefined;

  /** Never throws: what does not answer now is tried again. */
  async function tidy(pbx: string): Promise<void> {
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
      timer = setInterval(() => void tidyAll(), deps.sweepEveryMs).unref();
      await tidyAll();
    },
    stop() {
      clearInterval(timer);
      for (const waiting of away.values()) clearTimeout(waiting);
    },
    resynced(pbx) {
      clearTimeout(away.get(pbx));
      away.delete(pbx);
      if (timer) void tidy(pbx);
    },
    lost(pbx) {
      if (away.has(pbx)) return;
      const giveUp = () => {
        for (const session of deps.sessions.all()) {
          if (session.plan.pbx === pbx) void session.end('lost');
        }
      };
      away.set(pbx, setTimeout(giveUp, pbxLostGraceMs).unref());
    },
  };
}
