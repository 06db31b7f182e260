import type { AriSession } from '../../asterisk-ari-client/index.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FactStamp } from '../../ports/fact-stamp.ts';
import { isTooOld, neededModules, oldestMajor } from './requirements.ts';
import { timeMs } from './snapshots.ts';

export interface PbxIdentity {
  version: string;
  /** When Asterisk started, by its clock: another value means that every earlier channel is gone. */
  startedAtMs: number;
  /** How far its clock is ahead of ours. */
  clockAheadMs?: number;
}

export class TooOld extends Error {
  constructor(version: string) {
    super(`Asterisk ${version} is too old; ${oldestMajor} or newer is needed`);
  }
}
export class MissingModules extends Error {
  constructor(names: readonly string[]) {
    super(`Asterisk has not loaded ${names.join(', ')} (modules.conf)`);
  }
}

/**
 * Who answers, and what its clock says. Throws TooOld, MissingModules, or the client's AriError.
 */
export async function readIdentity(client: AriSession, clock: Clock, stamp: FactStamp): Promise<PbxIdentity> {
  const info = await client.asterisk.getInfo();
  const version = info.system?.version ?? '';
  if (isTooOld(version)) throw new TooOld(version);
  const missing = missingModules(await client.asterisk.listModules());
  if (missing.length > 0) throw new MissingModules(missing);
  const beforeMs = clock.now();
  const ping = await client.asterisk.ping();
  const pbxMs = timeMs(ping.timestamp);
  const afterMs = clock.now();
  const startedAtMs = timeMs(info.status?.startup_time) ?? 0;
  if (pbxMs === undefined) return { version, startedAtMs };
  stamp.learnClock(pbxMs, beforeMs, afterMs);
  return { version, startedAtMs, clockAheadMs: Math.round(pbxMs - (beforeMs + afterMs) / 2) };
}

export function missingModules(loaded: readonly { name: string; status: string }[]): string[] {
  const running = new Set(loaded.filter(({ status }) => status === 'Running').map(({ name }) => name));
  return neededModules.filter((name) => !running.has(name));
}
