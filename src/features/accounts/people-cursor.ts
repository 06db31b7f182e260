import { AppError } from '../../contract/errors.ts';

/** The last person of a page, so that the next begins after him. */
export function encodeCursor(last: { name: string; id: string }): string {
  return Buffer.from(JSON.stringify([last.name, last.id])).toString('base64url');
}

/** Throws `bad-cursor`. */
export function decodeCursor(cursor: string): { name: string; id: string } {
  try {
    const [name, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown];
    if (
      typeof name === 'string' &&
      !name.includes('\0') &&
      typeof id === 'string' &&
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)
    ) {
      return { name, id };
    }
  } catch {
    // Told below.
  }
  throw new AppError('bad-cursor');
}
