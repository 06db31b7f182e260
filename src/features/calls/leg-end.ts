import type { CallFact } from './leg-facts.ts';

/** How a leg ended, as far as it is known. */
export interface LegEnd {
  atMs: number;
  cause: number;
  sipCode: number | null;
  hangupSource: string;
  /** Whether '' above says that no party hung up. */
  sourceKnown: boolean;
  /** `vanished`: nobody saw it end; `restarted`: the PBX stopped under it. */
  how: 'seen' | 'vanished' | 'restarted';
  lastSeenAtMs: number | null;
  /** Live events told it, not a journal alone. */
  isLive: boolean;
  /** Its person was swapped into another leg (pickup). */
  swapped: boolean;
}

export function unseenEnd(fact: Extract<CallFact, { kind: 'leg-vanished' }>): LegEnd {
  return {
    atMs: fact.atMs,
    cause: 0,
    sipCode: null,
    hangupSource: '',
    sourceKnown: false,
    how: fact.becauseRestarted ? 'restarted' : 'vanished',
    lastSeenAtMs: fact.lastSeenAtMs,
    isLive: false,
    swapped: false,
  };
}

/** The PBX's journal beats live events on who hung up, and an end that was seen beats one that was not. */
export function seenEnd(
  known: LegEnd | null,
  fact: Extract<CallFact, { kind: 'leg-ended' }>,
  isZombie: boolean,
): LegEnd {
  const before = known?.how === 'seen' ? known : null;
  const journal = fact.source === 'cel';
  return {
    // A database may hold whole seconds only: the moment is the live event's, where there is one.
    atMs: before && (before.isLive || journal) ? before.atMs : fact.atMs,
    cause: (journal ? fact.cause || before?.cause : before?.cause || fact.cause) ?? 0,
    sipCode: before?.sipCode ?? fact.sipCode,
    hangupSource:
      (journal ? fact.hangupSource || before?.hangupSource : before?.hangupSource || fact.hangupSource) ?? '',
    sourceKnown: fact.hangupSourceKnown === true || before?.sourceKnown === true,
    how: 'seen',
    lastSeenAtMs: null,
    isLive: !journal || before?.isLive === true,
    swapped: isZombie || before?.swapped === true,
  };
}
