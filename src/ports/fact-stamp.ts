import type { Clock } from './clock.ts';
import type { FactBody, TelephonyFact } from './telephony-facts.ts';

/** Gives facts their header, and knows the PBX's clock. Every source of facts has one of its own. */
export interface FactStamp {
  /** Facts from now on belong to a new generation; it is larger than any before, restarts of this server included. */
  nextGeneration(): void;
  fact(body: FactBody, atMs: number): TelephonyFact;
  /** The PBX's clock now, as far as we know it. */
  pbxNowMs(): number;
  /** A time of the PBX's clock by this server's. */
  oursMs(pbxMs: number): number;
  /** Tells what the PBX's clock said between two readings of ours. */
  learnClock(pbxMs: number, beforeMs: number, afterMs: number): void;
}

/** Generations are seconds since 1970, or one more than the last: unique for ever without keeping anything. */
export function createFactStamp(pbx: string, source: TelephonyFact['source'], clock: Clock): FactStamp {
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
    oursMs: (pbxMs) => Math.round(pbxMs - offsetMs),
    learnClock(pbxMs, beforeMs, afterMs) {
      offsetMs = pbxMs - (beforeMs + afterMs) / 2;
    },
  };
}
