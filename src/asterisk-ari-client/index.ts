export { type AriAcceptor, type AriAcceptorOptions, createAriAcceptor } from './acceptor.ts';
export { createAriClient } from './client.ts';
export type {
  AriClient,
  AriClientEvents,
  AriSession,
  AriUnknownEvent,
  BadFrameKind,
  ConnectFailure,
  ConnectFailureReason,
} from './client-types.ts';
export { AriError, type AriErrorCode, ariErrorCodes } from './errors.ts';
export type * from './generated/events.ts';
export { type AriEvent, type AriEventByType, type AriEventType, ariEventTypes } from './generated/events.ts';
export type * from './generated/models.ts';
export type { AriOperations } from './generated/operations.ts';
export type { LinkEnd } from './link.ts';
export type { AriCallOptions, AriMethod, AriRequest, AriRequestOptions, AriVariables } from './operations.ts';
export { bindOperations } from './operations.ts';
export type { AriClientOptions, AriCommonOptions, AriFrameMeta, AriLog, AriTlsOptions } from './options.ts';
export { clientDefaults } from './options.ts';
export type { AriStats } from './stats.ts';
