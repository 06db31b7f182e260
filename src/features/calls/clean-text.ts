/** Longest texts kept in a record, in UTF-16 units. What the PBX sends is anybody's: names are chosen by callers. */
export const textLimits = { name: 200, number: 80, channel: 255, queue: 128, id: 150 } as const;

/**
 * Text as it can be stored and shown: no NUL (Postgres refuses it), no lone surrogate, cut to `max` without halving a
 * character. Everything else (HTML, right-to-left marks, emoji) is kept: escaping is the business of whoever shows it.
 */
export function cleanText(text: string, max: number): string {
  if (text.length <= max && isPlain(text)) return text;
  let cut = text.replaceAll('\u0000', '').toWellFormed();
  if (cut.length > max) {
    cut = cut.slice(0, max);
    if (!cut.isWellFormed()) cut = cut.slice(0, -1);
  }
  return cut;
}

const isPlain = (text: string): boolean => !text.includes('\u0000') && text.isWellFormed();

/** The same, null when nothing is left to show. */
export function textOrNull(text: string | null | undefined, max: number): string | null {
  if (!text) return null;
  const cleaned = cleanText(text, max).trim();
  return cleaned === '' ? null : cleaned;
}
