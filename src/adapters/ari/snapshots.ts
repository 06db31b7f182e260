import type { Bridge, Channel } from '../../asterisk-ari-client/index.ts';
import { isOwnId } from '../../ports/telephony.ts';
import type { BridgeKind, LegSnapshot } from '../../ports/telephony-facts.ts';

/** Technologies that carry no person: snoops of other programs, announcers, recorders, SIP messages. */
const technologiesWithoutPerson = new Set([
  'Snoop',
  'Announcer',
  'Recorder',
  'CBAnn',
  'CBRec',
  'ConfBridgeRecorder',
  'Message',
  'Surrogate',
  'Bridge',
  'Parked',
  'Feature',
]);

/** Whether the channel is a leg of somebody's call, and neither ours nor a mere tool of the PBX. */
export function isCallLeg(channel: Channel): boolean {
  return !isOwnId(channel.id) && !technologiesWithoutPerson.has(technologyOf(channel.name));
}

/** `PJSIP` of `PJSIP/1001-0000002a`. */
export const technologyOf = (name: string): string => name.slice(0, Math.max(0, name.indexOf('/')));

/** A channel of ARI as a leg. `channelvars` hold the linked id when ari.conf asks for it. */
export function legOf(channel: Channel): LegSnapshot {
  const { caller, connected, dialplan } = channel;
  return {
    uniqueId: channel.id,
    channel: channel.name,
    linkedId: channelVariable(channel, 'CHANNEL(linkedid)'),
    createdAtMs: timeMs(channel.creationtime) ?? 0,
    state: legStates[channel.state] ?? 'other',
    caller: { number: caller?.number ?? '', name: caller?.name ?? '' },
    connected: { number: connected?.number ?? '', name: connected?.name ?? '' },
    accountCode: channel.accountcode ?? '',
    dialplan: {
      context: dialplan?.context ?? '',
      exten: dialplan?.exten ?? '',
      priority: dialplan?.priority ?? 0,
      app: dialplan?.app_name ?? '',
      appData: dialplan?.app_data ?? '',
    },
    queueStatus: channelVariable(channel, 'QUEUESTATUS'),
  };
}

const legStates: Record<string, LegSnapshot['state']> = {
  Down: 'down',
  Rsrved: 'down',
  Dialing: 'down',
  Ring: 'ring',
  Ringing: 'ringing',
  'Pre-ring': 'ringing',
  Up: 'up',
  Busy: 'busy',
};

/** '' when the PBX does not send that variable. */
export function channelVariable(channel: Channel, name: string): string {
  const value = channel.channelvars?.[name];
  return typeof value === 'string' ? value : '';
}

/** What a bridge is for. `creator` is the dialplan application that made it; ConfBridge and AgentLogin name themselves. */
export function bridgeKindOf(bridge: Bridge): BridgeKind {
  if (isOwnId(bridge.id)) return 'ours';
  if (bridge.creator === 'ConfBridge') return 'conference';
  if (bridge.creator === 'AgentPool') return 'agent-pool';
  return bridge.bridge_type === 'holding' ? 'holding' : 'mixing';
}

let lastMinute = '';
let lastZone = '';
let lastMinuteMs = 0;

/**
 * Asterisk's `2026-11-21T07:25:25.979+0000` in milliseconds since the epoch; undefined when it is not of that form.
 * Date.parse is slow on this form, and nearly every event falls into the minute of the one before.
 */
export function timeMs(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length !== 28) return undefined;
  const seconds = Number(text.slice(17, 23));
  if (Number.isNaN(seconds)) return undefined;
  const minute = text.slice(0, 16);
  const zone = text.slice(23);
  if (minute !== lastMinute || zone !== lastZone) {
    const minuteMs = Date.parse(`${minute}:00.000${zone.slice(0, 3)}:${zone.slice(3)}`);
    if (Number.isNaN(minuteMs)) return undefined;
    lastMinute = minute;
    lastZone = zone;
    lastMinuteMs = minuteMs;
  }
  return lastMinuteMs + Math.round(seconds * 1000);
}
