import { setTimeout as delay } from 'node:timers/promises';
import { createAriClient } from '../../asterisk-ari-client/index.ts';
import type { Log } from '../../ports/log.ts';
import { isOwnId } from '../../ports/telephony.ts';
import type { AriAddress } from './doctor-sight.ts';

/** Legs of ours that no server has taken up by then are hung up. */
export const orphanGraceMs = 60_000;
const requestTimeoutMs = 5_000;

/** Where a server leaves its mark on the PBX, so that whoever comes later knows which one was the last. */
export const markVariableOf = (app: string): string => `VIGIE_SERVER_${app}`;

/**
 * After the server that left `mark` has died without a goodbye: waits whether one takes its place, and else hangs up what
 * it left, supervisors' phones and snoops. Who talks with a customer is left alone: the call goes on without us.
 * Settles with the number of legs hung up, null when another server came.
 */
export async function hangUpOrphans(
  address: AriAddress,
  { mark, log, graceMs = orphanGraceMs }: { mark: string; log: Log; graceMs?: number },
): Promise<number | null> {
  const ari = createAriClient({ ...address, log });
  const limits = { timeoutMs: requestTimeoutMs };
  const isServed = async (): Promise<boolean> => {
    const { value } = await ari.asterisk.getGlobalVar({ variable: markVariableOf(address.app) }, limits);
    return value !== mark;
  };
  try {
    await delay(graceMs);
    if (await isServed()) return null;
    const [channels, bridges] = await Promise.all([
      ari.channels.list({}, limits),
      ari.bridges.list({}, limits),
    ]);
    const withCustomers = new Set(
      bridges.filter((bridge) => !bridge.channels.every(isOwnId)).flatMap((bridge) => bridge.channels),
    );
    // The far half of a Local channel goes with the near one.
    const orphans = channels
      .map(({ id }) => id)
      .filter((id) => isOwnId(id) && !id.endsWith(';2') && !withCustomers.has(id));
    await Promise.allSettled(orphans.map((channelId) => ari.channels.hangup({ channelId }, limits)));
    const empty = bridges.filter(({ id, channels: inside }) => isOwnId(id) && inside.every(isOwnId));
    await Promise.allSettled(empty.map(({ id }) => ari.bridges.destroy({ bridgeId: id }, limits)));
    return orphans.length;
  } finally {
    await ari.close();
  }
}
