import type { FactBody, TelephonyFact } from '../../ports/telephony-facts.ts';

/** Moments whose rows are still counted: legs' rows are written out of order by a few milliseconds. */
const momentsMax = 1_000;

/**
 * Gives the journal's facts their header. A row read again, by a restart or from another copy of the journal, gives the
 * very same one: named by its moment and its place among the facts of that moment.
 */
export function createCelStamp(pbx: string): (body: FactBody, atMs: number) => TelephonyFact {
  const places = new Map<number, number>();
  return (body, atMs) => {
    const sequence = places.get(atMs) ?? 0;
    places.set(atMs, sequence + 1);
    if (places.size > momentsMax) places.delete(places.keys().next().value!);
    return Object.assign({ pbx, source: 'cel', generation: atMs, sequence, atMs }, body) as TelephonyFact;
  };
}
