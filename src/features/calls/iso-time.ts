/** The same few moments are written again at each fold of a call, and writing a date is slow. */
const remembered = new Map<number, string>();
const rememberedMax = 20_000;

/** Milliseconds since 1970 as `2026-11-21T09:30:00.000Z`. */
export function isoTime(ms: number): string {
  const known = remembered.get(ms);
  if (known !== undefined) return known;
  const text = new Date(ms).toISOString();
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(ms, text);
  return text;
}

/** null for what is not known or lasts still. */
export const isoTimeOrNull = (ms: number | null | undefined): string | null =>
  ms == null || ms === Number.POSITIVE_INFINITY ? null : isoTime(ms);
