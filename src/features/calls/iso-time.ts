/** The same few moments are written again at each fold of a call, and writing a date is slow: the last ones are kept. */
const keptMax = 8_192;
const moments = new Float64Array(keptMax).fill(Number.NaN);
const texts = new Array<string>(keptMax).fill('');

/** Milliseconds since 1970 as `2026-11-21T09:30:00.000Z`. */
export function isoTime(ms: number): string {
  const at = ms & (keptMax - 1);
  if (moments[at] !== ms) {
    texts[at] = new Date(ms).toISOString();
    moments[at] = ms;
  }
  return texts[at]!;
}

/** null for what is not known or lasts still. */
export const isoTimeOrNull = (ms: number | null | undefined): string | null =>
  ms == null || ms === Number.POSITIVE_INFINITY ? null : isoTime(ms);
