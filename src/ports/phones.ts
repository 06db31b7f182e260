import type { IceServer } from '../contract/phones.ts';
import type { CommandOutcome } from './telephony.ts';
import type { Viewer } from './viewer.ts';

/** A phone made for one person on one PBX. */
export interface PhoneAccount {
  /** Name of the endpoint, its aor and its auth: `web-0123456789ab`. */
  endpoint: string;
  password: string;
  /** Where what it dials goes; a context with nothing in it lets it dial nothing. */
  context: string;
  callerName: string;
}

/** `no-dynamic-objects`: the PBX has no place for endpoints that are made over ARI (sorcery.conf). */
export type AccountOutcome = CommandOutcome | NoDynamicObjects;
export interface NoDynamicObjects {
  ok: false;
  why: 'no-dynamic-objects';
  detail: string;
}

/** Phones made on a PBX while it runs, and taken away again. Every command settles within its deadline. */
export interface PhoneAccounts {
  /** Makes it, or gives the one that is there this password and context. */
  put(account: PhoneAccount): Promise<AccountOutcome>;
  /** Hangs up whatever it is in; the phone stays. */
  hangUp(endpoint: string): Promise<void>;
  /** What is gone already counts as removed. Its calls go on: `hangUp` ends them. */
  remove(endpoint: string): Promise<CommandOutcome>;
  /** Endpoints of the PBX whose name begins so, and whether a phone is registered there. */
  list(prefix: string): Promise<{ endpoint: string; online: boolean }[]>;
}

/** What a ticket is worth. */
export interface PhonePass {
  personId: string;
  endpoint: string;
  mayCall: boolean;
  /** Of the PBX whose phone it is. */
  pbx: string;
}

/** How the gate asks who may come in, and tells who is there. */
export interface PhoneDesk {
  /** Once, and only for the person it was given to. */
  redeem(ticket: string, viewer: Viewer): PhonePass | null;
  /** A phone's connection is open. `close` ends it with one of the gate's codes. Returns what to call when it has ended. */
  entered(pass: PhonePass, close: (code: number) => void): (why: 'gone' | 'session-ended') => void;
}

/** ICE servers for one page now; `name` only tells the TURN server's log whose they are. */
export type IceServersFor = (
  name: string,
  nowMs: number,
) => { iceServers: IceServer[]; expiresAtMs: number | null };

/** A browser phone that the administrator made in `pjsip.conf` for one person. */
export interface ConfiguredPhone {
  endpoint: string;
  password: string;
}
