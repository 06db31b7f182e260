import { AppError } from '../../contract/errors.ts';
import type { CallPosition } from './calls.repository.ts';

/** Where the next page begins, as an opaque text. */
export const cursorOf = ({ startedAt, id }: CallPosition): string =>
  Buffer.from(`${startedAt} ${id}`).toString('base64url');

const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Throws `bad-cursor`. */
export function positionOf(cursor: string): CallPosition {
  const [, startedAt, id] = form.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (!startedAt || !id || Number.isNaN(Date.parse(startedAt))) throw new AppError('bad-cursor');
  return { startedAt, id };
}
