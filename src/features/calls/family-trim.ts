import type { FoldedCall } from './call-fold.ts';
import type { Family } from './ledger.ts';
import type { CallFact } from './leg-facts.ts';

/**
 * What a family that lives long (an AgentLogin line, a conference) can do without: the ended legs of calls that are
 * over and written (`done`), unless another of its calls (`calls`) holds them; and of the legs that stay, their stays in
 * bridges that none of those calls knows.
 */
export function trimPlan(
  family: Family,
  calls: readonly FoldedCall[],
  done: readonly FoldedCall[],
): { out: ReadonlySet<string>; keep(fact: CallFact): boolean } {
  const needed = new Set<string>();
  for (const folded of calls) {
    if (!done.includes(folded)) for (const leg of folded.legs) needed.add(leg.uniqueId);
  }
  const out = new Set<string>();
  for (const { legs } of done)
    for (const leg of legs) if (leg.end && !needed.has(leg.uniqueId)) out.add(leg.uniqueId);
  const bridges = new Set<string>();
  for (const [uniqueId, { view }] of family.legs) {
    if (out.has(uniqueId)) continue;
    for (const { bridgeId, to } of view.stays) {
      if (needed.has(uniqueId) || to === Number.POSITIVE_INFINITY) bridges.add(bridgeId);
    }
  }
  const isStay = (fact: CallFact) => fact.kind === 'bridge-entered' || fact.kind === 'bridge-left';
  return { out, keep: (fact) => !isStay(fact) || ('bridgeId' in fact && bridges.has(fact.bridgeId)) };
}
