import type {
  DeviceState,
  DeviceStateChanged,
  Endpoint,
  EndpointStateChange,
  PeerStatusChange,
} from '../../asterisk-ari-client/index.ts';
import type { FactBody, PresenceFact } from '../../ports/telephony-facts.ts';
import { technologyOf } from './snapshots.ts';

export function presenceFactOf(
  event: DeviceStateChanged | EndpointStateChange | PeerStatusChange,
): FactBody | undefined {
  if (event.type === 'DeviceStateChanged') return deviceFactOf(event.device_state);
  const fact = endpointFactOf(event.endpoint);
  if (event.type === 'EndpointStateChange') return fact;
  return { ...fact, online: peerIsOnline[event.peer.peer_status] ?? fact.online };
}

/** What a registration event says at once; the endpoint beside it may still tell the moment before. */
const peerIsOnline: Record<string, boolean> = {
  Registered: true,
  Reachable: true,
  Unregistered: false,
  Unreachable: false,
};

export function endpointFactOf(endpoint: Endpoint): Extract<FactBody, { kind: 'endpoint' }> {
  const device = `${endpoint.technology}/${endpoint.resource}`;
  const online = endpoint.state === 'online' ? true : endpoint.state === 'offline' ? false : null;
  return { kind: 'endpoint', device, online };
}

const technologiesWithoutDevice = new Set(['Local', 'Announcer', 'Recorder', 'Snoop', 'UnicastRTP']);

/**
 * A device state as a fact. `Queue:sales_pause_PJSIP/1001` is INUSE while that member is paused (app_queue);
 * other `Queue:` states and the states of `Local/` channels say nothing of a person.
 */
export function deviceFactOf({ name, state }: DeviceState): FactBody | undefined {
  if (name.startsWith('Queue:')) return pauseFactOf(name, state);
  if (technologiesWithoutDevice.has(technologyOf(name))) return undefined;
  return { kind: 'device-state', device: name, state: deviceStates[state] ?? 'unknown' };
}

const pauseMark = '_pause_';

function pauseFactOf(name: string, state: string): FactBody | undefined {
  const at = name.lastIndexOf(pauseMark);
  if (at < 0) return undefined;
  const queue = name.slice('Queue:'.length, at);
  const queueInterface = name.slice(at + pauseMark.length);
  return { kind: 'queue-pause', queue, interface: queueInterface, paused: state === 'INUSE', reason: null };
}

type DeviceStateWord = Extract<PresenceFact, { kind: 'device-state' }>['state'];
const deviceStates: Record<string, DeviceStateWord> = {
  UNKNOWN: 'unknown',
  NOT_INUSE: 'not-in-use',
  INUSE: 'in-use',
  BUSY: 'busy',
  INVALID: 'invalid',
  UNAVAILABLE: 'unavailable',
  RINGING: 'ringing',
  RINGINUSE: 'ring-in-use',
  ONHOLD: 'on-hold',
};
