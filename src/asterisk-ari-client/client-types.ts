import type { AriEvent, AriEventByType, AriEventType } from './generated/events.ts';
import type { AriOperations } from './generated/operations.ts';
import type { LinkEnd } from './link.ts';
import type { AriRequest } from './operations.ts';
import type { AriFrameMeta } from './options.ts';
import type { AriStats } from './stats.ts';

/** Why no connection came about. */
export type ConnectFailureReason = 'unreachable' | 'unauthorized' | 'refused' | 'timeout' | 'protocol-error';

export interface ConnectFailure {
  reason: ConnectFailureReason;
  /** HTTP status of a refused handshake. */
  status?: number | undefined;
  detail: string;
  /** Failed attempts in a row, from 1. */
  attempt: number;
  retryInMs: number;
}

/** An event whose type this version's description does not have. */
export type AriUnknownEvent = { type: string } & Record<string, unknown>;
export type BadFrameKind = 'badJson' | 'notAnEvent' | 'binary';

export type AriClientEvents = {
  event: [event: AriEvent, meta: AriFrameMeta];
  unknownEvent: [event: AriUnknownEvent, meta: AriFrameMeta];
  badFrame: [kind: BadFrameKind, meta: AriFrameMeta];
  /** A new generation began: whatever happened before it may have been missed. */
  connected: [info: { generation: number }];
  disconnected: [info: { generation: number; reason: LinkEnd }];
  connectFailed: [failure: ConnectFailure];
  /** Another client has taken the application over: two servers use one name. */
  replaced: [info: { generation: number }];
};

export type AriTypedEvents = { [Type in AriEventType]: [event: AriEventByType[Type], meta: AriFrameMeta] };

/** What a client can do however its websocket came to be. */
export interface AriSession extends AriOperations {
  /** Adds a handler; the returned function removes it. Handlers return at once; what one throws is logged and counted. */
  on<Name extends keyof AriClientEvents>(
    name: Name,
    handler: (...args: AriClientEvents[Name]) => void,
  ): () => void;
  onEvent<Type extends AriEventType>(
    type: Type,
    handler: (...args: AriTypedEvents[Type]) => void,
  ): () => void;
  request: AriRequest;
  /** Asks Asterisk to send only these types to the application. It forgets them when the connection ends. */
  filterEvents(types: readonly AriEventType[], options?: { timeoutMs?: number }): Promise<void>;
  readonly isConnected: boolean;
  stats(): AriStats;
  /** Ends all within `closeTimeoutMs`: requests under way fail with `ari-closed`, no handle is left. */
  close(): Promise<void>;
}

export interface AriClient extends AriSession {
  /** Starts connecting, and goes on for ever until `close()`. When waiting to try again: tries now. */
  connect(): void;
  /** Resolves when connected; at the deadline rejects with the reason of the last failure. */
  whenConnected(options?: { timeoutMs?: number }): Promise<void>;
}
