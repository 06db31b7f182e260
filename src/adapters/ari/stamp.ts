import type { Clock } from '../../ports/clock.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import type { FactBody } from './facts.ts';

/** Gives facts their header, and knows the PBX's clock. */
export interface Stamp {
  /** Facts from now on belong to a new generation; it is larger than any before, restarts of this server included. */
  nextGeneration(): void;
  fact(body: FactBody, atMs: number): TelephonyFact;
  /** The PBX's clock now, as far as we know it. */
  pbxNowMs(): number;
  /** Tells what the PBX's clock said between two readings of ours. */
  learnClock(pbxMs: number, beforeMs: number, afterMs: number): void;
}

/** Generations are seconds since 1970, or one more than the last: unique for ever without keeping anything. */
export function createStamp(pbx: string, source: TelephonyFact['source'], clock: Clock): Stamp {
  let generation = 0;
  let sequence = 0;
  let offsetMs = 0;
  return {
    nextGeneration() {
      generation = Math.max(generation + 1, Math.floor(clock.now() / 1000));
      sequence = 0;
    },
    fact(body, atMs) {
      sequence += 1;
      return Object.assign({ pbx, source, generation, sequence, atMs }, body) as TelephonyFact;
    },
    pbxNowMs: () => Math.round(clock.now() + offsetMs),
    learnClock(pbxMs, beforeMs, afterMs) {
      offsetMs = pbxMs - (beforeMs + afterMs) / 2;
    },
  };
}
