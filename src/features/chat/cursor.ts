import { AppError } from '../../contract/errors.ts';
import type { ThreadPosition } from './threads.repository.ts';

/** Where the next page of threads begins, as an opaque text. */
export const cursorOf = ({ lastAt, id }: ThreadPosition): string =>
  Buffer.from(`${lastAt.toISOString()} ${id}`).toString('base64url');

const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Throws `bad-cursor`. */
export function positionOf(cursor: string): ThreadPosition {
  const [, at, id] = form.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (!at || !id || Number.isNaN(Date.parse(at))) throw new AppError('bad-cursor');
  return { lastAt: new Date(at), id };
}
