import { createHmac } from 'node:crypto';

/**
 * What an entry keeps of a reason: HMAC-SHA-256 of its text, keyed by the entry's id, base64url. The text itself stands
 * with the supervision, from where it can be erased; as long as it is there, it can be compared.
 */
export const reasonHash = (entryId: string, reason: string): string =>
  createHmac('sha256', entryId).update(reason).digest('base64url');

/** The details of a supervision's entry without the words of its reason. */
export function withoutReason(entryId: string, details: Record<string, unknown>): Record<string, unknown> {
  const { reason, ...rest } = details;
  if (typeof reason !== 'string' || typeof rest['supervisionId'] !== 'string') return details;
  return { ...rest, reasonHash: reasonHash(entryId, reason) };
}
