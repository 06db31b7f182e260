import { createHash } from 'node:crypto';

/**
 * The id of a call's record: of the shape of a UUIDv7, from the call's start and its key, so that the same facts read
 * again, live or in a journal, give the same id.
 * @param startedAtMs milliseconds since 1970
 */
export function recordId(startedAtMs: number, pbx: string, uniqueId: string): string {
  const idMs = timeOf(startedAtMs, uniqueId);
  const time = Math.max(0, Math.min(idMs, 0xffff_ffff_ffff)).toString(16).padStart(12, '0');
  const hash = createHash('sha256').update(`${pbx}\n${uniqueId}`).digest('hex');
  const variant = ((Number.parseInt(hash[3]!, 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}

/** A PBX whose clock is wrong: its unique ids are ahead of the start, by so much at least. */
const clockStepMs = 10_000;

/**
 * Sources differ by a millisecond in when a channel was made; its unique id, `1763980000.7`, holds the second and, in
 * its order, the channel.
 */
function timeOf(startedAtMs: number, uniqueId: string): number {
  const found = /(?:^|-)(\d{9,11})\.(\d{1,12})$/.exec(uniqueId);
  if (!found) return startedAtMs;
  const secondMs = Number(found[1]) * 1_000;
  const aheadMs = Math.round((secondMs - startedAtMs) / clockStepMs) * clockStepMs;
  return secondMs - aheadMs + (Number(found[2]) % 1_000);
}
