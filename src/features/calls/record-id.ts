import { createHash } from 'node:crypto';

/**
 * The id of a call's record: of the shape of a UUIDv7, from the call's start and its key, so that the same facts read
 * again give the same id.
 * @param startedAtMs milliseconds since 1970
 */
export function recordId(startedAtMs: number, pbx: string, uniqueId: string): string {
  const time = Math.max(0, Math.min(startedAtMs, 0xffff_ffff_ffff)).toString(16).padStart(12, '0');
  const hash = createHash('sha256').update(`${pbx}\n${uniqueId}`).digest('hex');
  const variant = ((Number.parseInt(hash[3]!, 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}
