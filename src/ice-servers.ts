import { createHmac } from 'node:crypto';
import type { IceServersFor } from './ports/phones.ts';

/** Longer than any call: a TURN server refuses to go on with credentials that have ended. */
export const turnCredentialsMs = 12 * 3_600_000;

/**
 * The ICE servers of the settings. With TURN_SECRET each page gets credentials of its own that end by themselves
 * (coturn's `use-auth-secret`, draft-uberti-behave-turn-rest): `<unix seconds>:<name>` and its HMAC-SHA1.
 */
export function createIceServers(turn: { urls: readonly string[]; secret: string } | null): IceServersFor {
  return (name, nowMs) => {
    if (!turn) return { iceServers: [], expiresAtMs: null };
    const expiresAtMs = nowMs + turnCredentialsMs;
    const username = `${Math.floor(expiresAtMs / 1000)}:${name}`;
    const credential = createHmac('sha1', turn.secret).update(username).digest('base64');
    return { iceServers: [{ urls: [...turn.urls], username, credential }], expiresAtMs };
  };
}
