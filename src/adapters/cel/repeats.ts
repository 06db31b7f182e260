import type { CelRow } from './cel-row.ts';

/** So many of the newest rows are known again. */
export const rowsKnownMax = 20_000;
/** Rows are written in order but for that much. */
const skewMs = 2_000;

/**
 * Knows rows that were read before: a sender that did not hear our answer sends them again. Two rows of one microsecond
 * are one; of times in whole seconds several alike may be true, so only what comes late counts as a repetition.
 */
export function createRepeats(): (row: CelRow) => boolean {
  const known = new Set<string>();
  let newestMs = 0;
  return (row) => {
    const isExact = row.atMs % 1_000 !== 0;
    const text = JSON.stringify(row);
    const isKnown = known.has(text) && (isExact || row.atMs < newestMs - skewMs);
    newestMs = Math.max(newestMs, row.atMs);
    if (isKnown) return true;
    known.add(text);
    if (known.size > rowsKnownMax) known.delete(known.values().next().value!);
    return false;
  };
}
