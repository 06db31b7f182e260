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
      if (fact.kind === 'endpoint') {
        if (!isNewer(fact, entry.onlineFrom)) return null;
        const changed = entry.online !== fact.online;
        entry.online = fact.online;
        entry.onlineFrom = orderOf(fact);
        return changed ? fact.device : null;
      }
      if (!isNewer(fact, entry.stateFrom)) return null;
      const changed = entry.state !== fact.state;
      entry.state = fact.state;
      entry.stateFrom = orderOf(fact);
      return changed ? fact.device : null;
    },
    isReachable(pbx, device) {
      const entry = known(pbx, device);
      if (entry?.online === false) return false;
      if (entry?.online === undefined && hasEndpoint(device)) return false;
      return entry?.state !== 'unavailable' && entry?.state !== 'invalid';
    },
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

/** The number whose do-not-disturb the device is about, or null. */
export const doNotDisturbNumber = (device: string): string | null =>
  device.startsWith(doNotDisturbPrefix) ? device.slice(doNotDisturbPrefix.length) : null;
