import type { AriClient, Endpoint } from '../../asterisk-ari-client/index.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';
import { deviceFactOf } from './presence-facts.ts';

const atOnce = 4;
const devicesMax = 5000;

/**
 * Asks the state of each endpoint's device: ARI's own list holds only states that applications made. Stops at the
 * first failure or when `isCurrent` says so; what is missing then comes with the device's next change.
 */
export async function readDeviceStates(
  client: AriClient,
  endpoints: readonly Endpoint[],
  isCurrent: () => boolean,
  tell: (body: FactBody) => void,
): Promise<void> {
  const names = endpoints.slice(0, devicesMax).map((one) => `${one.technology}/${one.resource}`);
  const next = names.values();
  const worker = async () => {
    for (const deviceName of next) {
      const body = deviceFactOf(await client.deviceStates.get({ deviceName }));
      if (!isCurrent()) return;
      if (body) tell(body);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
