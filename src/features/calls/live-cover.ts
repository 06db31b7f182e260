import type { CallFact } from './leg-facts.ts';
import type { Span } from './spans.ts';

/**
 * Facts of one leg without what a journal repeats: between the first and the last fact of one connection everything was
 * heard live, from the leg's making and to its end if those were. A journal still tells how the leg ended.
 */
export function withoutRepeats(facts: readonly CallFact[]): readonly CallFact[] {
  if (!facts.some(({ source }) => source === 'cel')) return facts;
  const covers = coversOf(facts);
  const isHeard = (fact: CallFact) =>
    covers.some(({ from, to }) => from < fact.atMs && fact.atMs < to) ||
    // In the very millisecond in which a connection began or ended, what has a live fact of its own.
    (covers.some(({ from, to }) => from === fact.atMs || to === fact.atMs) &&
      facts.some((live) => live.source === 'ari' && isSame(live, fact)));
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

const isSame = (live: CallFact, told: CallFact): boolean => {
  if (live.atMs !== told.atMs || live.kind !== told.kind) return false;
  if ('bridgeId' in live && 'bridgeId' in told) return live.bridgeId === told.bridgeId;
  if (live.kind === 'leg-dialplan' && told.kind === 'leg-dialplan')
    return live.leg.dialplan.app === told.leg.dialplan.app;
  return true;
};
