import type { LinkFact } from '../../ports/telephony-facts.ts';
import type { Ledger } from './ledger.ts';
import type { CallFact } from './leg-facts.ts';

/**
 * Legs that a resync does not find any more, and of whose end nobody has told: after a restart of ours, the adapter no
 * longer knows of them. A PBX that started after a leg was last heard of has stopped under it.
 */
export function vanishedLegs(
  ledger: Ledger,
  fact: Extract<LinkFact, { kind: 'resynced' }>,
  startedAtMs: number,
): CallFact[] {
  const living = new Set(fact.liveUniqueIds);
  const { pbx, source, generation, sequence, atMs } = fact;
  const vanished: CallFact[] = [];
  for (const family of ledger.families) {
    for (const { uniqueId, view } of family.legs.values()) {
      if (view.end || !view.known || living.has(uniqueId) || view.lastFactAtMs > atMs) continue;
      const becauseRestarted = startedAtMs > view.lastFactAtMs;
      const header = { pbx, source, generation, sequence, atMs };
      vanished.push({
        ...header,
        kind: 'leg-vanished',
        uniqueId,
        lastSeenAtMs: view.lastFactAtMs,
        becauseRestarted,
      });
    }
  }
  return vanished;
}
