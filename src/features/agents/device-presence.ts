import type { PresenceFact } from '../../ports/telephony-facts.ts';
import { hasEndpoint, numberOf } from './device-address.ts';
import { type FactOrder, isNewer, orderOf } from './newest-fact.ts';

type EndpointFact = Extract<PresenceFact, { kind: 'endpoint' }>;
type DeviceStateFact = Extract<PresenceFact, { kind: 'device-state' }>;
type DeviceState = DeviceStateFact['state'];

interface Known {
  online?: boolean | null;
  onlineFrom?: FactOrder;
  state?: DeviceState;
  stateFrom?: FactOrder;
}

/** FreePBX's do-not-disturb switch is a device of this name. */
const doNotDisturbPrefix = 'Custom:DND';

/** What the PBX says of its devices: registered or not, and the state a queue would see. */
export interface DevicePresence {
  /** Takes a fact; returns the device it says something new about, or null. */
  apply(fact: EndpointFact | DeviceStateFact): string | null;
  isReachable(pbx: string, device: string): boolean;
  isDoNotDisturb(pbx: string, device: string): boolean;
  /** A queue would ring it now (for members that belong to nobody). */
  isFree(pbx: string, device: string): boolean;
  endpoints(): { pbx: string; device: string; online: boolean }[];
}

export function createDevicePresence(): DevicePresence {
  const devices = new Map<string, Known & { pbx: string; device: string }>();
  const known = (pbx: string, device: string) => devices.get(`${pbx}\n${device}`);
  const ensure = (pbx: string, device: string) => {
    const key = `${pbx}\n${device}`;
    const entry = devices.get(key) ?? { pbx, device };
    devices.set(key, entry);
    return entry;
  };

  return {
    apply(fact) {
      const entry = ensure(fact.pbx, fact.device);
      const before = [entry.online, entry.state, isReachable(entry)].join();
      if (fact.kind === 'endpoint') {
        if (!isNewer(fact, entry.onlineFrom)) return null;
        entry.online = fact.online;
        entry.onlineFrom = orderOf(fact);
      } else {
        if (!isNewer(fact, entry.stateFrom)) return null;
        entry.state = fact.state;
        entry.stateFrom = orderOf(fact);
      }
      return before === [entry.online, entry.state, isReachable(entry)].join() ? null : fact.device;
    },
    isReachable: (pbx, device) => isReachable(known(pbx, device) ?? { device }),
    isDoNotDisturb(pbx, device) {
      const state = known(pbx, `${doNotDisturbPrefix}${numberOf(device)}`)?.state;
      return state === 'in-use' || state === 'busy';
    },
    isFree: (pbx, device) => known(pbx, device)?.state === 'not-in-use',
    endpoints: () =>
      [...devices.values()]
        .filter((entry) => entry.online !== undefined)
        .map(({ pbx, device, online }) => ({ pbx, device, online: online === true })),
  };
}

function isReachable({ device, online, onlineFrom, state, stateFrom }: Known & { device: string }): boolean {
  if (online === false) return false;
  if (online === undefined && hasEndpoint(device)) return false;
  if (state !== 'unavailable' && state !== 'invalid') return true;
  // A resync reads endpoints, not their states: that the endpoint is back is then the newer word.
  return (
    online === true && stateFrom !== undefined && onlineFrom !== undefined && isNewer(onlineFrom, stateFrom)
  );
}

/** The number whose do-not-disturb the device is about, or null. */
export const doNotDisturbNumber = (device: string): string | null =>
  device.startsWith(doNotDisturbPrefix) ? device.slice(doNotDisturbPrefix.length) : null;
