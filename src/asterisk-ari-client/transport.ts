import type { AriMethod } from './operations.ts';

/** One request on its way. */
export interface AriCall {
  method: AriMethod;
  /** Path below /ari, without query: what errors name. */
  path: string;
  /** Path and query as they are sent. */
  target: string;
  /** JSON text. */
  body: string | undefined;
  /** Aborted at the deadline, by the caller, or when the client closes; its reason is the error to throw. */
  signal: AbortSignal;
  /** Set by the transport once the request may have left. */
  sent: boolean;
}

export interface AriReply {
  status: number;
  statusText: string;
  contentType: string;
  content: Buffer | string;
}

export interface AriTransport {
  /** @throws AriError `ari-unreachable`, `ari-cut` or `ari-bad-reply`, or the reason of the call's signal. */
  send(call: AriCall): Promise<AriReply>;
  close(): void;
}
