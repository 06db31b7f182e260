import { deviceFactOf } from '../../ports/device-fact.ts';
import type { FactStamp } from '../../ports/fact-stamp.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';
import type { AmiConnection } from './ami-connection.ts';
import { AmiError } from './ami-requests.ts';

/**
 * One list of all states, at most so often: told by events they would come with some thirty others of each call (their
 * class is `call`), and over ARI by one request each.
 */
const readEveryMs = 1000;
/** A large list costs the manager some microseconds a device: it is read less often. */
const perDeviceMs = 2;
/** Devices that people have, and their do-not-disturb; queues tell their own pauses, with the reason. */
const isWanted = (name: string) => /^(?!Queue:)[A-Za-z0-9]+\/./.test(name) || name.startsWith('Custom:DND');

/** The device states of one connection, as facts; each change is told once. */
export interface DeviceStates {
  /** False when the manager does not give the list: without the right `call`, or without `res_manager_devicestate`. */
  read(connection: AmiConnection): Promise<boolean>;
  /** How long to wait until the next reading. */
  readonly restMs: number;
}

export function createDeviceStates(
  stamp: FactStamp,
  emit: (body: FactBody, atMs: number) => void,
): DeviceStates {
  const told = new Map<string, string>();
  let restMs = readEveryMs;
  return {
    get restMs() {
      return restMs;
    },
    async read(connection) {
      const atMs = stamp.pbxNowMs();
      try {
        const { list } = await connection.request('DeviceStateList');
        for (const event of list) {
          const [name = '', state = ''] = [event.get('Device'), event.get('State')];
          if (!isWanted(name) || told.get(name) === state) continue;
          told.set(name, state);
          const body = deviceFactOf({ name, state });
          if (body) emit(body, atMs);
        }
        restMs = Math.max(readEveryMs, list.length * perDeviceMs);
        return true;
      } catch (error) {
        if (error instanceof AmiError && error.code === 'refused') return false;
        throw error;
      }
    },
  };
}
