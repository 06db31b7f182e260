import type { FactBody, PresenceFact } from './telephony-facts.ts';

const technologiesWithoutDevice = new Set(['Local', 'Announcer', 'Recorder', 'Snoop', 'UnicastRTP']);

/**
 * A device state, in Asterisk's words, as a fact. `Queue:sales_pause_PJSIP/1001` is INUSE while that member is paused
 * (app_queue); other `Queue:` states and the states of `Local/` channels say nothing of a person.
 */
export function deviceFactOf({ name, state }: { name: string; state: string }): FactBody | undefined {
  if (name.startsWith('Queue:')) return pauseFactOf(name, state);
  if (technologiesWithoutDevice.has(name.slice(0, Math.max(0, name.indexOf('/'))))) return undefined;
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
