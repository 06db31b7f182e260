import { setTimeout as delay } from 'node:timers/promises';
import type { AriClient, AriEvent } from '../../asterisk-ari-client/index.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';
import { deviceFactOf } from './presence-facts.ts';

/**
 * One small request at a time: a state that no event hints at is as old as one round. Ten a second, fifty where a hint
 * waits or pauses are to be read; calls add none.
 */
const apartMs = 100;
const hurryApartMs = 20;
const afterFailureMs = 1000;
const devicesMax = 5000;
/** A switch of do-not-disturb stands beside each phone (FreePBX's naming). */
const doNotDisturbOf = (device: string) => `Custom:DND${device.slice(device.indexOf('/') + 1)}`;

export interface DeviceWatchOptions {
  /** Pause states of queue members to be read too, as device names; none while AMI tells pauses. */
  pauseDevices(): readonly string[];
  tell(body: FactBody): void;
}

/**
 * Asks device states instead of being told them. An application subscribed to device states that goes away, even by a
 * kill, can lock Asterisk's whole ARI for good (asterisk/asterisk#2170), so this server never subscribes to them.
 * What a registration changes is asked at once; the rest in turn. Each change is told once. Calls are known from
 * their own events.
 */
export interface DeviceWatch {
  /** Begins with these devices, until `isCurrent` says no. What was told before is told again. */
  run(client: AriClient, devices: readonly string[], isCurrent: () => boolean): Promise<void>;
  notice(event: AriEvent): void;
}

export function createDeviceWatch({ pauseDevices, tell }: DeviceWatchOptions): DeviceWatch {
  const known = new Set<string>();
  const hinted = new Set<string>();
  let told = new Map<string, string>();

  async function read(client: AriClient, deviceName: string, isCurrent: () => boolean): Promise<void> {
    hinted.delete(deviceName);
    const now = await client.deviceStates.get({ deviceName });
    // What nobody ever set is UNKNOWN: nothing to tell, unless it was something before.
    if (!isCurrent() || (told.get(deviceName) ?? 'UNKNOWN') === now.state) return;
    told.set(deviceName, now.state);
    const body = deviceFactOf({ name: deviceName, state: now.state });
    if (body) tell(body);
  }

  return {
    async run(client, devices, isCurrent) {
      told = new Map();
      known.clear();
      for (const device of devices.slice(0, devicesMax)) known.add(device);
      const pauses = inTurn(pauseDevices);
      const others = inTurn(() => [...known].flatMap((one) => [one, doNotDisturbOf(one)]));
      for (let count = 0; isCurrent(); count += 1) {
        // Pauses take every other turn: they are few beside the devices, and wanted at once.
        const [hint] = hinted;
        const pause = count % 2 ? pauses() : undefined;
        const next = hint ?? pause ?? others();
        const isHurried = hinted.size > 0 || pauseDevices().length > 0;
        try {
          if (next !== undefined) await read(client, next, isCurrent);
          await delay(isHurried ? hurryApartMs : apartMs, undefined, { ref: false });
        } catch {
          await delay(afterFailureMs, undefined, { ref: false });
        }
      }
    },
    notice(event) {
      const device = deviceOf(event);
      if (device !== undefined && known.has(device)) hinted.add(device);
    },
  };
}

/** One after the other, again and again; the list is taken anew each time round. */
function inTurn(list: () => readonly string[]): () => string | undefined {
  let turn: readonly string[] = [];
  let at = 0;
  return () => {
    if (at >= turn.length) {
      turn = list();
      at = 0;
    }
    at += 1;
    return turn[at - 1];
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
