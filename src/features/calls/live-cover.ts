import type { CallFact } from './leg-facts.ts';
import type { Span } from './spans.ts';

/**
 * Facts of one leg without what a journal repeats: between the first and the last fact of one connection everything was
 * heard live, from the leg's making and to its end if those were. A journal still tells how the leg ended.
 */
export function withoutRepeats(facts: readonly CallFact[]): readonly CallFact[] {
  if (!facts.some(({ source }) => source === 'cel')) return facts;
  const covers = coversOf(facts);
  const isHeard = ({ atMs }: CallFact) => covers.some(({ from, to }) => from <= atMs && atMs <= to);
  return facts.filter((fact) => fact.source !== 'cel' || fact.kind === 'leg-ended' || !isHeard(fact));
}

function coversOf(facts: readonly CallFact[]): Span[] {
  const covers = new Map<number, Span>();
  for (const { source, generation, kind, atMs } of facts) {
    if (source !== 'ari') continue;
    const cover = covers.get(generation) ?? { from: atMs, to: atMs };
    covers.set(generation, cover);
    cover.from = kind === 'leg-created' ? Number.NEGATIVE_INFINITY : Math.min(cover.from, atMs);
    cover.to = kind === 'leg-ended' ? Number.POSITIVE_INFINITY : Math.max(cover.to, atMs);
  }
  return [...covers.values()];
}
