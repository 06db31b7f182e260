import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { keptFactsMax } from './gap-filter.ts';

/** What a dead link may have missed before it was found out. */
const deafMs = 5_000;

/**
 * For a journal that is told only to who is there: what it says of a gap counts if it was heard from before the gap to
 * its end. Half of it would pass for the whole, and a record for certain that is none.
 */
export function createWholeGaps(onFact: (fact: TelephonyFact) => void, now: () => number = Date.now) {
  let isSighted = false;
  let heardSinceMs: number | null = null;
  /** Null: something of this gap was not heard. */
  let held: TelephonyFact[] | null = null;

  return {
    /** A fact of the journal. */
    take(fact: TelephonyFact): void {
      if (isSighted) onFact(fact);
      else if (held && held.length < keptFactsMax) held.push(fact);
      else held = null;
    },
    /** A fact of live events, or of the manager's connection. Before the journal notices it. */
    notice({ kind }: TelephonyFact): void {
      if (kind === 'ami-connected') heardSinceMs = now();
      if (kind === 'ami-lost') {
        heardSinceMs = null;
        held = null;
      }
      if (kind === 'pbx-lost' && isSighted) {
        isSighted = false;
        held = heardSinceMs !== null && heardSinceMs <= now() - deafMs ? [] : null;
      }
      if (kind === 'resynced') {
        isSighted = true;
        for (const one of held ?? []) onFact(one);
        held = null;
      }
    },
  };
}
