/** The inverse of `adapters/ari`'s translation: a fact as the ARI event that tells it, a leg as ARI's channel. */
import type { AriEvent, Bridge, Channel } from '../../src/asterisk-ari-client/index.ts';
import type { BridgeKind, LegFact, LegSnapshot } from '../../src/ports/telephony-facts.ts';

export const ariTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000');

const channelStates: Record<LegSnapshot['state'], string> = {
  down: 'Down',
  ring: 'Ring',
  ringing: 'Ringing',
  up: 'Up',
  busy: 'Busy',
  other: 'Unknown',
};

export function channelOf(leg: LegSnapshot, hangupSource?: string): Channel {
  const { context, exten, priority, app, appData } = leg.dialplan;
  return {
    id: leg.uniqueId,
    protocol_id: '',
    name: leg.channel,
    state: channelStates[leg.state],
    caller: leg.caller,
    connected: leg.connected,
    accountcode: leg.accountCode,
    dialplan: { context, exten, priority, app_name: app, app_data: appData },
    creationtime: ariTime(leg.createdAtMs),
    language: 'en',
    channelvars: {
      'CHANNEL(linkedid)': leg.linkedId,
      QUEUESTATUS: leg.queueStatus ?? '',
      ...(hangupSource === undefined ? {} : { 'CHANNEL(hangupsource)': hangupSource }),
    },
  };
}

export function bridgeOf(id: string, kind: BridgeKind, channels: string[] = []): Bridge {
  const creators: Partial<Record<BridgeKind, string>> = {
    conference: 'ConfBridge',
    'agent-pool': 'AgentPool',
  };
  return {
    id,
    technology: '',
    bridge_type: kind === 'holding' ? 'holding' : 'mixing',
    bridge_class: '',
    creator: creators[kind] ?? '',
    name: '',
    channels,
    creationtime: ariTime(0),
  };
}

/** `legs` are the PBX's own as they stand, for events that tell of a leg by its id alone. */
export function eventOf(fact: LegFact, legs: ReadonlyMap<string, LegSnapshot>): AriEvent | null {
  const event = wordsOf(fact, (id) => (id === null ? undefined : channelOf(legs.get(id) ?? bareLeg(id))));
  return event && ({ application: 'vigie', timestamp: ariTime(fact.atMs), ...event } as AriEvent);
}

function wordsOf(fact: LegFact, channel: (id: string | null) => Channel | undefined): object | null {
  switch (fact.kind) {
    case 'leg-created':
      return { type: 'ChannelCreated', channel: channelOf(fact.leg) };
    case 'leg-state':
      return { type: 'ChannelStateChange', channel: channelOf(fact.leg) };
    case 'leg-dialplan':
      return { type: 'ChannelDialplan', channel: channelOf(fact.leg) };
    case 'leg-identity':
      return { type: 'ChannelCallerId', channel: channelOf(fact.leg) };
    case 'leg-hold':
      return { type: fact.held ? 'ChannelHold' : 'ChannelUnhold', channel: channel(fact.uniqueId) };
    case 'bridge-entered':
      return {
        type: 'ChannelEnteredBridge',
        bridge: bridgeOf(fact.bridgeId, fact.bridge),
        channel: channelOf(fact.leg),
      };
    case 'bridge-left':
      return {
        type: 'ChannelLeftBridge',
        bridge: bridgeOf(fact.bridgeId, 'mixing'),
        channel: channel(fact.uniqueId),
      };
    case 'leg-ended':
      return {
        type: 'ChannelDestroyed',
        cause: fact.cause,
        cause_txt: fact.causeText,
        tech_cause: fact.sipCode ?? 0,
        channel: channelOf(
          { ...bareLeg(fact.uniqueId), channel: fact.channel },
          fact.hangupSourceKnown ? fact.hangupSource : undefined,
        ),
      };
    case 'dial':
      return {
        type: 'Dial',
        caller: channel(fact.callerUniqueId),
        peer: channelOf(fact.peer),
        dialstring: fact.dialString,
        dialstatus: fact.status === 'OTHER' ? 'DONTCALL' : fact.status,
        forward: fact.forward,
        forwarded: channel(fact.forwardedUniqueId),
      };
    case 'blind-transfer':
      return {
        type: 'BridgeBlindTransfer',
        channel: channel(fact.transfererUniqueId),
        transferee: channel(fact.transfereeUniqueId),
        replace_channel: channel(fact.replacedUniqueId),
        context: fact.context,
        exten: fact.exten,
        is_external: fact.external,
        result: fact.succeeded ? 'Success' : 'Fail',
      };
    case 'attended-transfer':
      return {
        type: 'BridgeAttendedTransfer',
        transferer_first_leg: channel(fact.transferer1UniqueId),
        transferer_second_leg: channel(fact.transferer2UniqueId),
        transferee: channel(fact.transfereeUniqueId),
        transfer_target: channel(fact.targetUniqueId),
        is_external: fact.external,
        result: fact.succeeded ? 'Success' : 'Fail',
        ...attendedDestination(fact.destination),
      };
    default:
      return null;
  }
}

function attendedDestination(destination: string): object {
  if (destination === '' || destination === 'link') return { destination_type: destination || 'fail' };
  return /^[0-9a-f-]{36}$/.test(destination)
    ? { destination_type: 'bridge', destination_bridge: destination }
    : { destination_type: 'application', destination_application: destination };
}

const bareLeg = (uniqueId: string): LegSnapshot => ({
  uniqueId,
  channel: 'PJSIP/somebody-00000000',
  linkedId: '',
  createdAtMs: 0,
  state: 'up',
  caller: { number: '', name: '' },
  connected: { number: '', name: '' },
  accountCode: '',
  dialplan: { context: '', exten: '', priority: 0, app: '', appData: '' },
});
