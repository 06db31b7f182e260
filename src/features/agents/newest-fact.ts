import type { FactHeader } from '../../ports/telephony-facts.ts';

export type FactOrder = Pick<FactHeader, 'source' | 'generation' | 'sequence' | 'atMs'>;

/**
 * Whether a fact replaces what the last one said: late and repeated facts do not. Facts of two sources have no common
 * clock, so that there the one that arrives later wins.
 */
export function isNewer(fact: FactOrder, last: FactOrder | undefined): boolean {
  if (!last || last.source !== fact.source) return true;
  if (fact.atMs !== last.atMs) return fact.atMs > last.atMs;
  if (fact.generation !== last.generation) return fact.generation > last.generation;
  return fact.sequence > last.sequence;
}

export const orderOf = ({ source, generation, sequence, atMs }: FactHeader): FactOrder => ({
  source,
  generation,
  sequence,
  atMs,
});
