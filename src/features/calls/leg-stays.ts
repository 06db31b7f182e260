import type { BridgeKind } from '../../ports/telephony-facts.ts';
import type { CallFact } from './leg-facts.ts';
import type { Span } from './spans.ts';

/** One stay of a leg in one bridge. */
export interface Stay extends Span {
  bridgeId: string;
  kind: BridgeKind;
  /** Rank of its leaving among facts of the same millisecond; Infinity while inside. */
  leftOrder: number;
  /** Of the connection that told of its entering, or of its leaving where that was all. */
  generation: number;
}

export const isOpen = (span: Span): boolean => span.to === Number.POSITIVE_INFINITY;

/** The bridge it is in now. */
export function openStay(stays: readonly Stay[]): Stay | null {
  const last = stays.at(-1);
  return last && isOpen(last) ? last : null;
}

/**
 * A leg is in one bridge at a time; being found again in the same one (a resync, a journal) is no second stay. False when
 * it is none.
 */
export function enter(stays: Stay[], fact: Extract<CallFact, { kind: 'bridge-entered' }>): boolean {
  const last = openStay(stays);
  if (last?.bridgeId === fact.bridgeId) return false;
  if (last) endStay(last, fact.atMs, fact.sequence);
  stays.push({
    bridgeId: fact.bridgeId,
    kind: fact.bridge,
    from: fact.atMs,
    to: Number.POSITIVE_INFINITY,
    leftOrder: Number.POSITIVE_INFINITY,
    generation: fact.generation,
  });
  return true;
}

/** `unseen`: the latest stretch in which nobody listened. */
export function leave(
  stays: Stay[],
  { bridgeId, atMs, sequence, generation }: Extract<CallFact, { kind: 'bridge-left' }>,
  unseen: Span | undefined,
): void {
  const stay = stays.findLast((one) => one.bridgeId === bridgeId);
  // It left between two readings of a resync: it had been in there, since when nobody knows.
  if (!stay && unseen && (stays.at(-1)?.to ?? 0) <= unseen.to)
    stays.push({ bridgeId, kind: 'mixing', from: unseen.to, to: atMs, leftOrder: sequence, generation });
  if (stay && isOpen(stay)) endStay(stay, atMs, sequence);
}

export function endStay(stay: Stay, atMs: number, order: number): void {
  stay.to = atMs;
  stay.leftOrder = order;
}
