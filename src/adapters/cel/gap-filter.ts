import type { TelephonyFact } from '../../ports/telephony-facts.ts';

/** A dead link may have been deaf for that long before it was found out. */
export const deafMaxMs = 30_000;
/** So many of the journal's newest facts are kept for that; beyond, the oldest are let go of. */
export const keptFactsMax = 20_000;
/** Live events and the journal tell the same moment within this. */
const skewMs = 2_000;

/**
 * Lets the journal speak where live events did not: every leg's end (it knows for certain who hung up), and all that
 * happened while the PBX was not read. What was heard live is not told twice.
 */
export function createGapFilter(onFact: (fact: TelephonyFact) => void) {
  /** By the PBX's clock; null while it is not read. */
  let sightedSinceMs: number | null = null;
  let kept: TelephonyFact[] = [];

  function keep(fact: TelephonyFact): void {
    kept.push(fact);
    if (kept.length < 2 * keptFactsMax && fact.atMs - kept[0]!.atMs < 2 * deafMaxMs) return;
    kept = kept.slice(-keptFactsMax).filter(({ atMs }) => atMs >= fact.atMs - deafMaxMs);
  }

  return {
    /** A fact of the journal. */
    take(fact: TelephonyFact): void {
      const isUnseen = sightedSinceMs === null || fact.atMs <= sightedSinceMs + skewMs;
      if (isUnseen || fact.kind === 'leg-ended') onFact(fact);
      else keep(fact);
    },
    /** A fact of live events: only whether the PBX is read matters. */
    notice(fact: TelephonyFact): void {
      if (fact.kind === 'resynced') {
        sightedSinceMs = fact.atMs;
        kept = [];
      }
      if (fact.kind !== 'pbx-lost' || sightedSinceMs === null) return;
      sightedSinceMs = null;
      const deafSinceMs = fact.atMs - deafMaxMs;
      for (const one of kept) if (one.atMs >= deafSinceMs) onFact(one);
      kept = [];
    },
  };
}
