import type { Socket } from 'node:net';
import { type ClientOptions, WebSocket } from 'ws';
import type { ConnectFailureReason } from './client-types.ts';
import { shortText } from './errors.ts';
import type { AriAddress, AriTlsOptions } from './options.ts';

export interface DialOptions {
  address: AriAddress;
  app: string;
  subscribeAll: boolean;
  tls: AriTlsOptions | undefined;
  connectTimeoutMs: number;
  closeTimeoutMs: number;
  frameBytesMax: number;
}

export interface DialFailure {
  reason: ConnectFailureReason;
  status?: number | undefined;
  detail: string;
}

export interface DialOutcome {
  /** Called in the turn in which it opened: the first events may already be in the same packet. */
  onOpen(ws: WebSocket, socket: Socket): void;
  onFailure(failure: DialFailure): void;
}

/** Opens the events' websocket; exactly one of the two outcomes is called, within connectTimeoutMs. Returns how to give up. */
export function dial(options: DialOptions, { onOpen, onFailure }: DialOutcome): () => void {
  const ws = openWebsocket(options);
  let socket: Socket | undefined;
  let isSettled = false;

  function settle(act: () => void): void {
    if (isSettled) return;
    isSettled = true;
    act();
  }
  function fail(failure: DialFailure): void {
    settle(() => onFailure(failure));
    ws.terminate();
  }

  ws.on('upgrade', (response) => {
    socket = response.socket;
  });
  ws.once('open', () => settle(() => onOpen(ws, socket as Socket)));
  ws.once('unexpected-response', (_, { statusCode: status = 0, statusMessage = '' }) => {
    fail({
      reason: status === 401 ? 'unauthorized' : 'refused',
      status,
      detail: shortText(statusMessage),
    });
  });
  // Stays for good: ws also reports here what goes wrong after giving up.
  ws.on('error', (error) => {
    if (!isSettled) fail(readFailure(error));
  });
  return () => fail({ reason: 'unreachable', detail: 'given up' });
}

function openWebsocket(options: DialOptions): WebSocket {
  const { address, app, subscribeAll, tls } = options;
  const query = `app=${encodeURIComponent(app)}${subscribeAll ? '&subscribeAll=true' : ''}`;
  const url = `${address.origin.replace(/^http/, 'ws')}${address.basePath}/events?${query}`;
  const settings: ClientOptions & { closeTimeout: number } = {
    ...tls,
    headers: { authorization: address.authorization },
    handshakeTimeout: options.connectTimeoutMs,
    closeTimeout: options.closeTimeoutMs,
    maxPayload: options.frameBytesMax,
    perMessageDeflate: false,
    followRedirects: false,
    // A caller's name in a broken encoding is shown with a replacement sign; it must not cost the connection.
    skipUTF8Validation: true,
  };
  return new WebSocket(url, ['ari'], settings);
}

function readFailure(error: Error): DialFailure {
  const code = 'code' in error ? String(error.code) : '';
  if (error.message === 'Opening handshake has timed out')
    return { reason: 'timeout', detail: 'no answer in time' };
  const isNetwork = /^(E[A-Z]+|CERT_|ERR_TLS|DEPTH_|SELF_SIGNED|UNABLE_TO)/.test(code);
  return { reason: isNetwork ? 'unreachable' : 'protocol-error', detail: shortText(code || error.message) };
}
