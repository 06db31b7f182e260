import { setTimeout as delay } from 'node:timers/promises';
import { type AriClient, createAriClient } from '../../asterisk-ari-client/index.ts';
import type { Log } from '../../ports/log.ts';
import { isOwnId, ownIdPrefix } from '../../ports/telephony.ts';
import type { AriAddress } from './doctor-sight.ts';

/** Legs of ours that no server has taken up by then are hung up. */
export const orphanGraceMs = 60_000;
const limits = { timeoutMs: 5_000 };

/** Where a server leaves its mark on the PBX, so that whoever comes later knows which one was the last. */
export const markVariableOf = (app: string): string => `VIGIE_SERVER_${app}`;

/** How often those who talk with a customer are looked at again, as a share of the time before the first look. */
const lookAgainShare = 1 / 6;

/**
 * After the server that left `mark` has died without a goodbye: waits whether one takes its place, and else hangs up what
 * it left, supervisors' phones and snoops. Who talks with a customer is left alone: the call goes on without us, and ends
 * when the supervisor hangs up, as it would with us: nobody is left with silence.
 * Settles with the number of legs hung up, null when another server came before the first look.
 */
export async function hangUpOrphans(
  address: AriAddress,
  { mark, log, graceMs = orphanGraceMs }: { mark: string; log: Log; graceMs?: number },
): Promise<number | null> {
  const ari = createAriClient({ ...address, log });
  const isServed = async (): Promise<boolean> => {
    const variable = markVariableOf(address.app);
    return (await ari.asterisk.getGlobalVar({ variable }, limits)).value !== mark;
  };
  try {
    await delay(graceMs);
    if (await isServed()) return null;
    for (let hungUp = 0; ; ) {
      const found = await hangUpOnce(ari, address.app);
      hungUp += found.hungUp;
      if (!found.hasCustomers) return hungUp;
      await delay(graceMs * lookAgainShare);
      if (await isServed()) return hungUp;
    }
  } finally {
    await ari.close();
  }
}

async function hangUpOnce(ari: AriClient, app: string): Promise<{ hungUp: number; hasCustomers: boolean }> {
  const [channels, bridges] = await Promise.all([
    ari.channels.list({}, limits),
    ari.bridges.list({}, limits),
  ]);
  const isWithSomebody = (inside: readonly string[]) =>
    inside.some((id) => isOwnId(id) && !isOwnListener(id)) && !inside.every(isOwnId);
  const inCompany = bridges.map((bridge) => bridge.channels).filter(isWithSomebody);
  const kept = new Set(inCompany.flat());
  const isGuest = ({ dialplan: { app_name: name, app_data: data } }: (typeof channels)[number]) =>
    name === 'Stasis' && data.startsWith(`${app},${ownIdPrefix}`);
  // The far half of a Local channel goes with the near one.
  const orphans = channels
    .filter((channel) => isOwnId(channel.id) || isGuest(channel))
    .map(({ id }) => id)
    .filter((id) => !id.endsWith(';2') && !kept.has(id));
  await Promise.allSettled(orphans.map((channelId) => ari.channels.hangup({ channelId }, limits)));
  const empty = bridges.filter(({ id, channels: inside }) => isOwnId(id) && !isWithSomebody(inside));
  await Promise.allSettled(empty.map(({ id }) => ari.bridges.destroy({ bridgeId: id }, limits)));
  return { hungUp: orphans.length, hasCustomers: inCompany.length > 0 };
}

/** An agent who was rung again to listen: he is nobody's company. */
const isOwnListener = (id: string): boolean => /-listener-\d+$/.test(id);
