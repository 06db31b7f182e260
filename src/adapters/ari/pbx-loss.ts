import { AriError, type ConnectFailure, type LinkEnd } from '../../asterisk-ari-client/index.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { MissingModules, TooOld } from './pbx-identity.ts';

/** Why a PBX cannot be read, in the words of the `pbx-lost` fact. */
export interface PbxLoss {
  why: Extract<TelephonyFact, { kind: 'pbx-lost' }>['why'];
  /** For people: what happened and, where it helps, what to do. Holds no secret. */
  detail: string;
}

export const nameInUse = (app: string): PbxLoss => ({
  why: 'replaced',
  detail: `another server uses the ARI application name ${app}; stop it or give this one another ARI_APP`,
});

/** Asterisk has an application for us no more, or sends its events to somebody else. */
export class NotOurs extends Error {
  constructor(app: string) {
    super(
      `another program took the ARI application name ${app}, and Asterisk does not give it back by itself; stop that program, then in Asterisk: ari shutdown websocket session NAME, ari start outbound-websocket NAME (NAME as in ari.conf)`,
    );
  }
}

export const notDialled: PbxLoss = {
  why: 'disconnected',
  detail: 'Asterisk has not dialled this server (websocket_client.conf, ari.conf)',
};

const wrongPassword: PbxLoss = {
  why: 'refused',
  detail: 'Asterisk refused the user name or password (ARI_USERNAME, ARI_PASSWORD, ari.conf)',
};

/** A connection that could not be opened. */
export function lossOfFailure({ reason, status, detail }: ConnectFailure): PbxLoss {
  if (reason === 'unauthorized') return wrongPassword;
  if (status === 404)
    return { why: 'refused', detail: 'no ARI at that address (ARI_URL, http.conf, res_ari.so)' };
  if (reason === 'refused' || reason === 'protocol-error') return { why: 'refused', detail };
  return { why: 'disconnected', detail };
}

/** A connection that was open. */
export function lossOfEnd(end: LinkEnd, app: string): PbxLoss {
  return end === 'replaced' ? nameInUse(app) : { why: 'disconnected', detail: end };
}

/** A reading of the PBX's state that failed. */
export function lossOfError(error: unknown): PbxLoss {
  if (error instanceof TooOld) return { why: 'too-old', detail: error.message };
  if (error instanceof NotOurs) return { why: 'replaced', detail: error.message };
  if (error instanceof MissingModules) return { why: 'refused', detail: error.message };
  if (!(error instanceof AriError)) return { why: 'disconnected', detail: 'the PBX’s state is unreadable' };
  if (error.code === 'ari-unauthorized') return wrongPassword;
  return { why: error.code === 'ari-http' ? 'refused' : 'disconnected', detail: error.message };
}
