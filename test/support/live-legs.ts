import { createHash } from 'node:crypto';
import type { Call } from '../../src/contract/calls.ts';
import type { DeviceLeg, LiveCalls } from '../../src/ports/domain.ts';
import type { LegSnapshot, TelephonyFact } from '../../src/ports/telephony-facts.ts';

interface Leg extends LegSnapshot {
  bridgeId: string | null;
  held: boolean;
}

/**
 * The least fold of telephony facts that supervision can work on: who is in a bridge with whom. Parties joined by
 * bridges and Local pairs are one call, named after its oldest leg.
 */
export function createLiveLegs(pbx: string): LiveCalls & { onFact(fact: TelephonyFact): void } {
  const legs = new Map<string, Leg>();
  const listeners = new Set<Parameters<LiveCalls['onChange']>[0]>();

  function partyOf(leg: Leg): Leg[] {
    const found = new Set([leg]);
    for (const one of found) {
      for (const other of legs.values()) {
        const isBridged = one.bridgeId !== null && one.bridgeId === other.bridgeId;
        const isPair =
          one.channel.startsWith('Local/') && one.channel.slice(0, -1) === other.channel.slice(0, -1);
        if (isBridged || isPair) found.add(other);
      }
    }
    return [...found];
  }
  const idOf = (leg: Leg): string => {
    const oldest = partyOf(leg).reduce((a, b) => (a.createdAtMs <= b.createdAtMs ? a : b));
    const hex = createHash('md5').update(oldest.uniqueId).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  const callOf = (id: string): Call => ({ id, pbx, endedAt: null }) as Call;
  const inCall = () => [...legs.values()].filter((leg) => leg.bridgeId !== null);

  function put(leg: LegSnapshot): void {
    const known = legs.get(leg.uniqueId);
    legs.set(leg.uniqueId, { bridgeId: known?.bridgeId ?? null, held: known?.held ?? false, ...leg });
  }
  function change(uniqueId: string, fields: Partial<Leg>): void {
    const leg = legs.get(uniqueId);
    if (leg) Object.assign(leg, fields);
  }

  return {
    all: () => [...new Set(inCall().map(idOf))].map(callOf),
    byId: (id) => (inCall().some((leg) => idOf(leg) === id) ? callOf(id) : undefined),
    legsOfDevice: (_pbx, device) =>
      [...legs.values()]
        .filter((leg) => leg.channel.startsWith(`${device}-`) && leg.bridgeId !== null)
        .map((leg) => ({
          pbx,
          uniqueId: leg.uniqueId,
          channel: leg.channel,
          device,
          callId: idOf(leg),
          state: partyOf(leg).some((one) => one.held) ? 'on-hold' : 'talking',
          sinceMs: leg.createdAtMs,
          direction: 'inbound',
          queue: null,
          with: { number: null, name: null },
          certain: true,
        })) satisfies DeviceLeg[],
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onFact(fact) {
      if ('leg' in fact) put(fact.leg);
      if (fact.kind === 'bridge-entered') change(fact.uniqueId, { bridgeId: fact.bridgeId });
      else if (fact.kind === 'bridge-left') change(fact.uniqueId, { bridgeId: null });
      else if (fact.kind === 'leg-hold') change(fact.uniqueId, { held: fact.held });
      else if (fact.kind === 'leg-ended' || fact.kind === 'leg-vanished') legs.delete(fact.uniqueId);
      else return;
      const change_ = { call: callOf(''), gone: false, pbx, devices: [] };
      for (const listener of listeners) listener(change_);
    },
  };
}
