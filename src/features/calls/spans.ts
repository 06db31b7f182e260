/** A stretch of time, `to` exclusive; Infinity while it lasts. Milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

export const overlaps = (a: Span, b: Span): boolean => a.from < b.to && b.from < a.to;
export const contains = (span: Span, atMs: number): boolean => span.from <= atMs && atMs < span.to;

/** What is in both; null when nothing is. */
export function common(a: Span, b: Span): Span | null {
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  return from < to ? { from, to } : null;
}

/** Sorted, with those that touch or lie at most `gapMs` apart made one. */
export function merged(spans: readonly Span[], gapMs = 0): Span[] {
  const sorted = [...spans].sort((a, b) => a.from - b.from || a.to - b.to);
  const out: Span[] = [];
  for (const span of sorted) {
    const last = out.at(-1);
    if (last && span.from - last.to <= gapMs) last.to = Math.max(last.to, span.to);
    else out.push({ from: span.from, to: span.to });
  }
  return out;
}
