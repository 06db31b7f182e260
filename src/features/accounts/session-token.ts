import { createHash, randomBytes } from 'node:crypto';

export const sessionCookie = 'vigie_session';
const tokenBytes = 32;

/** 256 random bits; only their SHA-256 is kept. */
export const newToken = (): string => randomBytes(tokenBytes).toString('base64url');

export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();

/** The session's token in a `Cookie` header; null when there is none of its shape. */
export function tokenOf(cookieHeader: string | undefined): string | null {
  for (const pair of (cookieHeader ?? '').split(';')) {
    const [name, value] = pair.trim().split('=');
    if (name === sessionCookie && value && /^[\w-]{43}$/.test(value)) return value;
  }
  return null;
}
