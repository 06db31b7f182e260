import type { Database } from '../../database/database.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyCommands } from '../../ports/telephony.ts';
import { handOverRingSeconds } from './takeover-customer.ts';

/** Customers whom nobody answered after their supervisor had gone, that are remembered at once. */
const rememberedMax = 1_000;

/**
 * A customer who was handed over comes back since nobody answered, and the supervisor has hung up meanwhile: his phone
 * rings, then the agent's from whom the call was taken. After that there is nobody left.
 */
export function createStrays({
  db,
  log,
  commandsOf,
}: {
  db: Database;
  log: Log;
  commandsOf(pbx: string): TelephonyCommands | undefined;
}) {
  const rung = new Map<string, number>();

  async function devicesOf(id: string): Promise<string[]> {
    const row = await db
      .selectFrom('supervisions')
      .select(['device', 'device_address', 'memory'])
      .where('id', '=', id)
      .executeTakeFirst();
    const agentDevice = (row?.memory as Record<string, unknown> | undefined)?.['agentDevice'];
    return [
      ...(row?.device === 'phone' ? [row.device_address] : []),
      ...(typeof agentDevice === 'string' ? [agentDevice] : []),
    ];
  }

  return async (pbx: string, id: string, legId: string): Promise<void> => {
    const commands = commandsOf(pbx);
    const tried = rung.get(legId) ?? 0;
    const devices = await devicesOf(id).catch(() => []);
    const device = devices[tried];
    rung.set(legId, tried + 1);
    if (rung.size > rememberedMax) rung.delete(rung.keys().next().value!);
    const order = { id, legId, ringSeconds: handOverRingSeconds, otherwise: 'back' as const };
    const sent = device && (await commands?.sendOn({ ...order, to: { device } }));
    if (sent !== undefined && sent !== '' && sent.ok) return;
    log.warn({ supervisionId: id }, 'A customer whom nobody answered was hung up');
    await commands?.hangUp(legId);
  };
}
