import type { AriEvent, AriEventType, Bridge, Channel } from '../../asterisk-ari-client/index.ts';
import { isOwnId, isOwnPhone } from '../../ports/telephony.ts';
import type { FactBody, TelephonyFact } from '../../ports/telephony-facts.ts';
import { isForeignSnoop, snoopFactOf } from './foreign-snoops.ts';
import { isHelperId } from './helper-channel.ts';
import { presenceFactOf } from './presence-facts.ts';
import { bridgeKindOf, channelVariable, isCallLeg, legOf } from './snapshots.ts';
import { attendedTransferOf, blindTransferOf } from './transfer-facts.ts';

/** Exactly the event types that become facts: what the PBX is asked to send. */
export const eventTypesUsed = [
  'ChannelCreated',
  'ChannelStateChange',
  'ChannelDialplan',
  'ChannelCallerId',
  'ChannelHold',
  'ChannelUnhold',
  'ChannelEnteredBridge',
  'ChannelLeftBridge',
  'ChannelDestroyed',
  'Dial',
  'BridgeBlindTransfer',
  'BridgeAttendedTransfer',
  'StasisStart',
  'EndpointStateChange',
  'PeerStatusChange',
] as const satisfies readonly AriEventType[];

/**
 * One ARI event as the fact it tells, or undefined when it tells none: our own legs become own-leg facts, snoops of
 * others are spying, and announcers are nobody's call. Pure. Throws TypeError for an event that is not of its type's form.
 */
export function factOf(event: AriEvent): FactBody | undefined {
  switch (event.type) {
    case 'ChannelCreated':
      return isCallLeg(event.channel) ? { kind: 'leg-created', leg: legOf(event.channel) } : undefined;
    case 'ChannelStateChange':
      return stateFactOf(event.channel);
    case 'ChannelDialplan':
      if (isForeignSnoop(event.channel)) return snoopFactOf(event.channel);
      return isCallLeg(event.channel) ? { kind: 'leg-dialplan', leg: legOf(event.channel) } : undefined;
    case 'ChannelCallerId':
      return isCallLeg(event.channel) ? { kind: 'leg-identity', leg: legOf(event.channel) } : undefined;
    case 'ChannelHold':
    case 'ChannelUnhold':
      return isCallLeg(event.channel)
        ? { kind: 'leg-hold', uniqueId: event.channel.id, held: event.type === 'ChannelHold' }
        : undefined;
    case 'ChannelEnteredBridge':
      return event.channel && mayTalk(event.channel, event.bridge)
        ? {
            kind: 'bridge-entered',
            uniqueId: event.channel.id,
            bridgeId: event.bridge.id,
            bridge: bridgeKindOf(event.bridge),
            leg: legOf(event.channel),
          }
        : undefined;
    case 'ChannelLeftBridge':
      return mayTalk(event.channel, event.bridge)
        ? { kind: 'bridge-left', uniqueId: event.channel.id, bridgeId: event.bridge.id }
        : undefined;
    case 'ChannelDestroyed':
      return endFactOf(event);
    case 'Dial':
      return dialFactOf(event);
    case 'BridgeBlindTransfer':
      return blindTransferOf(event);
    case 'BridgeAttendedTransfer':
      return attendedTransferOf(event);
    case 'StasisStart':
      // A leg that the PBX led to another channel than the one we made still carries our leg's name as its argument.
      return isOwnLeg(event.channel) || isOwnId(event.args?.[0] ?? '')
        ? {
            kind: 'own-leg-ready',
            uniqueId: event.channel.id,
            channel: event.channel.name,
            args: event.args,
          }
        : undefined;
    case 'EndpointStateChange':
    case 'PeerStatusChange':
      return presenceFactOf(event);
    default:
      return undefined;
  }
}

/** Somebody's leg, or a supervisor's in a bridge of ours: he may take a customer over there. */
const mayTalk = (channel: Channel, bridge: Bridge): boolean =>
  isCallLeg(channel) || (isOwnPhone(channel.id) && isOwnId(bridge.id));

/** A leg of a supervision; helper channels that only read are nobody's business. */
const isOwnLeg = ({ id }: Channel): boolean => isOwnId(id) && !isHelperId(id);

function stateFactOf(channel: Channel): FactBody | undefined {
  if (isCallLeg(channel)) return { kind: 'leg-state', leg: legOf(channel) };
  if (isOwnLeg(channel) && channel.state === 'Ringing')
    return { kind: 'own-leg-ringing', uniqueId: channel.id };
  return undefined;
}

function endFactOf(event: Extract<AriEvent, { type: 'ChannelDestroyed' }>): FactBody | undefined {
  const { channel, cause, cause_txt: causeText, tech_cause: techCause } = event;
  const sipCode = typeof techCause === 'number' && techCause > 0 ? techCause : null;
  const common = { uniqueId: channel.id, channel: channel.name, cause: cause ?? 0, sipCode };
  if (isOwnLeg(channel)) return { kind: 'own-leg-ended', ...common };
  if (isForeignSnoop(channel)) return { kind: 'spy-ended', spyUniqueId: channel.id };
  if (!isCallLeg(channel)) return undefined;
  const hangupSource = channelVariable(channel, 'CHANNEL(hangupsource)');
  const hangupSourceKnown = 'CHANNEL(hangupsource)' in (channel.channelvars ?? {});
  return { kind: 'leg-ended', ...common, causeText: causeText ?? '', hangupSource, hangupSourceKnown };
}

function dialFactOf(event: Extract<AriEvent, { type: 'Dial' }>): FactBody | undefined {
  if (!isCallLeg(event.peer)) return undefined;
  return {
    kind: 'dial',
    callerUniqueId: event.caller && isCallLeg(event.caller) ? event.caller.id : null,
    peer: legOf(event.peer),
    dialString: event.dialstring ?? '',
    status: dialStatuses.has(event.dialstatus) ? (event.dialstatus as DialStatus) : 'OTHER',
    forward: event.forward ?? '',
    forwardedUniqueId: event.forwarded?.id ?? null,
  };
}

type DialStatus = Extract<TelephonyFact, { kind: 'dial' }>['status'];
const dialStatuses = new Set<string>([
  '',
  'RINGING',
  'PROGRESS',
  'PROCEEDING',
  'ANSWER',
  'BUSY',
  'NOANSWER',
  'CANCEL',
  'CONGESTION',
  'CHANUNAVAIL',
] satisfies DialStatus[]);
