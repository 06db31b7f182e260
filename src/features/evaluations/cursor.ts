import { AppError } from '../../contract/errors.ts';

interface Position {
  createdAt: string;
  id: string;
}

/** Where the next page begins, as an opaque text. */
export const cursorOf = ({ createdAt, id }: Position): string =>
  Buffer.from(`${createdAt} ${id}`).toString('base64url');

const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Throws `bad-cursor`. */
export function positionOf(cursor: string): Position {
  const [, createdAt, id] = form.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (!createdAt || !id || Number.isNaN(Date.parse(createdAt))) throw new AppError('bad-cursor');
  return { createdAt, id };
}
