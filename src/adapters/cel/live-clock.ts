import type { Clock } from '../../ports/clock.ts';
import type { CelRow } from './cel-row.ts';

const samplesMax = 20;
const samplesMin = 5;
/** A row may be read some seconds after it was written: a smaller difference than this shows nothing. */
export const aheadMinMs = 60_000;

/** How far the PBX's clock is ahead of ours, from rows that are read as they are written. */
export function createLiveClock(clock: Clock) {
  let samples: number[] = [];
  return {
    /** Null when too few rows were read to tell. */
    sample(rows: readonly CelRow[]): number | null {
      const nowMs = clock.now();
      samples = [...samples, ...rows.map(({ atMs }) => atMs - nowMs)].slice(-samplesMax);
      if (samples.length < samplesMin) return null;
      // A row is never read before it is written: the largest difference is the truest.
      const aheadMs = Math.max(...samples);
      return Math.abs(aheadMs) < aheadMinMs ? 0 : aheadMs;
    },
  };
}
