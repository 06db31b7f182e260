import type { AriSession, Bridge, Channel, Endpoint } from '../../asterisk-ari-client/index.ts';
import { isOwnId, isOwnPhone } from '../../ports/telephony.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';
import { isForeignSnoop, snoopFactOf } from './foreign-snoops.ts';
import { endpointFactOf } from './presence-facts.ts';
import { bridgeKindOf, isCallLeg, legOf } from './snapshots.ts';

/** What a resync reads. */
export interface PbxSnapshot {
  channels: Channel[];
  bridges: Bridge[];
  endpoints: Endpoint[];
}

/** Channels are read before bridges: a bridge member not yet in the list has its events, which follow. */
export async function readSnapshot(client: AriSession): Promise<PbxSnapshot> {
  const channels = await client.channels.list();
  const bridges = await client.bridges.list();
  const endpoints = await client.endpoints.list();
  return { channels, bridges, endpoints };
}

/** The facts of a snapshot, in the order in which they make sense. Nothing was heard of the PBX since `unseenSinceMs`. */
export function factsOfSnapshot(
  { channels, bridges, endpoints }: PbxSnapshot,
  unseenSinceMs: number,
): FactBody[] {
  const legs = new Map(channels.filter(isCallLeg).map((channel) => [channel.id, legOf(channel)]));
  const phones = new Map(channels.filter(({ id }) => isOwnPhone(id)).map((one) => [one.id, legOf(one)]));
  const bridgeIds = new Map(bridges.flatMap(({ id, channels: inside }) => inside.map((one) => [one, id])));
  const seen = [...legs.values()].map(
    (leg): FactBody => ({
      kind: 'leg-seen',
      leg,
      unseenSinceMs,
      bridgeId: bridgeIds.get(leg.uniqueId) ?? null,
    }),
  );
  const entered = bridges.flatMap((bridge) =>
    bridge.channels.flatMap((uniqueId): FactBody[] => {
      const leg = legs.get(uniqueId) ?? (isOwnId(bridge.id) ? phones.get(uniqueId) : undefined);
      if (!leg) return [];
      return [{ kind: 'bridge-entered', uniqueId, bridgeId: bridge.id, bridge: bridgeKindOf(bridge), leg }];
    }),
  );
  const snoops = channels.filter(isForeignSnoop).flatMap((channel) => snoopFactOf(channel) ?? []);
  return [...seen, ...entered, ...snoops, ...endpoints.map(endpointFactOf)];
}
