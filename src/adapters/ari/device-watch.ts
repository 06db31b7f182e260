import { setTimeout as delay } from 'node:timers/promises';
import type { AriEvent, AriSession } from '../../asterisk-ari-client/index.ts';
import { deviceFactOf } from '../../ports/device-fact.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';
import { readFunctions, safeName } from './function-batches.ts';
import type { HelperTurns } from './helper-turns.ts';

/** Pauses are wanted at once. Calls add no round, so that what is asked of the PBX does not grow with them. */
const pausesEveryMs = 400;
/** All other states: of devices that no event tells, and do-not-disturb. Some fifty fit into one request. */
const devicesEveryMs = 2000;
/** What a registration changed is asked for at once, one small request after the other. */
const hintsApartMs = 20;
const afterFailureMs = 1000;
const devicesMax = 5000;
/** So few are asked for by themselves: a helper channel takes two requests more than what is read on it. */
const aloneMax = 3;
const doNotDisturb = 'Custom:DND';
/** A switch of do-not-disturb stands beside each phone (FreePBX's naming). */
const doNotDisturbOf = (device: string) => `${doNotDisturb}${device.slice(device.indexOf('/') + 1)}`;

export interface DeviceWatchOptions {
  helper: HelperTurns;
  /** False while AMI tells the states: nothing is asked then. */
  isNeeded(): boolean;
  /** Pause states of queue members to be read too, as device names. */
  pauseDevices(): readonly string[];
  tell(body: FactBody): void;
}

/**
 * Asks device states instead of being told them. An application subscribed to device states that goes away, even by a
 * kill, can lock Asterisk's whole ARI for good (asterisk/asterisk#2170), so this server never subscribes to them.
 * Each change is told once. Calls are known from their own events.
 */
export interface DeviceWatch {
  /** Begins with these devices, until `isCurrent` says no. What was told before is told again. */
  run(client: AriSession, devices: readonly string[], isCurrent: () => boolean): Promise<void>;
  notice(event: AriEvent): void;
}

export function createDeviceWatch({ helper, isNeeded, pauseDevices, tell }: DeviceWatchOptions): DeviceWatch {
  const known = new Set<string>();
  const hinted = new Set<string>();
  const told = new Map<string, string>();
  let devicesReadAt = Number.NEGATIVE_INFINITY;

  function take(name: string, state: string): void {
    // What nobody ever set is UNKNOWN: nothing to tell of a switch, unless it was something before.
    const before = told.get(name) ?? (name.startsWith(doNotDisturb) ? 'UNKNOWN' : undefined);
    if (state === '' || before === state) return;
    told.set(name, state);
    const body = deviceFactOf({ name, state });
    if (body) tell(body);
  }

  async function readAlone(client: AriSession, deviceName: string): Promise<[string, string]> {
    return [deviceName, (await client.deviceStates.get({ deviceName })).state];
  }

  async function readMany(client: AriSession, names: readonly string[]): Promise<[string, string][]> {
    if (names.length <= aloneMax) return Promise.all(names.map((name) => readAlone(client, name)));
    const safe = names.filter((name) => safeName.test(name));
    const functions = safe.map((name) => `DEVICE_STATE(${name})`);
    const states = await helper(client, (read) => readFunctions(read, functions));
    return safe.map((name, i) => [name, states[i] ?? '']);
  }

  /** The names whose turn it is. */
  function due(nowMs: number): string[] {
    if (nowMs - devicesReadAt < devicesEveryMs) return [...pauseDevices()];
    devicesReadAt = nowMs;
    return [...pauseDevices(), ...[...known].flatMap((one) => [one, doNotDisturbOf(one)])];
  }

  async function round(client: AriSession, isCurrent: () => boolean): Promise<number> {
    const [hint] = hinted;
    if (hint === undefined && !isNeeded()) {
      // Somebody else tells what changes meanwhile.
      told.clear();
      devicesReadAt = Number.NEGATIVE_INFINITY;
      return pausesEveryMs;
    }
    if (hint !== undefined) hinted.delete(hint);
    const found =
      hint === undefined ? await readMany(client, due(performance.now())) : [await readAlone(client, hint)];
    if (isCurrent()) for (const [name, state] of found) take(name, state);
    return hinted.size > 0 ? hintsApartMs : pausesEveryMs;
  }

  return {
    async run(client, devices, isCurrent) {
      told.clear();
      known.clear();
      hinted.clear();
      devicesReadAt = Number.NEGATIVE_INFINITY;
      for (const device of devices.slice(0, devicesMax)) known.add(device);
      while (isCurrent()) {
        const waitMs = await round(client, isCurrent).catch(() => afterFailureMs);
        await delay(waitMs, undefined, { ref: false });
      }
    },
    notice(event) {
      const device = deviceOf(event);
      if (device !== undefined && known.has(device) && isNeeded()) hinted.add(device);
    },
  };
}

/** The device whose state this event may have changed. */
function deviceOf(event: AriEvent): string | undefined {
  switch (event.type) {
    case 'EndpointStateChange':
    case 'PeerStatusChange':
      return `${event.endpoint.technology}/${event.endpoint.resource}`;
    default:
      return undefined;
  }
}
