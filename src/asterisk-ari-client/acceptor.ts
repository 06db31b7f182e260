import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { AriSession } from './client-types.ts';
import { type AriCommonOptions, commonDefaults, withDefaults } from './options.ts';
import { createSession } from './session.ts';

export interface AriAcceptorOptions extends Omit<AriCommonOptions, 'restTransport'> {
  /** The application that Asterisk's outbound websocket serves. */
  app: string;
  /** What Asterisk must present (`username` and `password` of websocket_client.conf). */
  username: string;
  password: string;
  /** Answers 409 to a second connection while one is up, instead of giving it the first one's place. */
  keepsFirst?: boolean;
}

export interface AriAcceptor extends AriSession {
  /** For an HTTP server's `upgrade` event. Answers 401 to whoever does not know the password. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/**
 * The same client for a websocket that Asterisk opens to us (`type=outbound_websocket`, 20.14, 21.9, 22.4
 * and later). Each accepted connection is a new generation; a second one takes the place of the first.
 * Requests go over the websocket.
 */
export function createAriAcceptor(given: AriAcceptorOptions): AriAcceptor {
  const options = withDefaults(given, commonDefaults);
  const session = createSession({ ...options, restTransport: 'websocket' }, undefined);
  const expected = digest(
    `Basic ${Buffer.from(`${options.username}:${options.password}`).toString('base64')}`,
  );
  const settings = {
    noServer: true,
    maxPayload: options.frameBytesMax,
    closeTimeout: options.closeTimeoutMs,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    handleProtocols: (offered: Set<string>) => offered.has('ari') && 'ari',
  };
  const server = new WebSocketServer(settings);
  let isClosed = false;

  function handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const isKnown = timingSafeEqual(digest(request.headers.authorization ?? ''), expected);
    const refusal = isKnown ? whyNotNow() : '401 Unauthorized';
    if (refusal) {
      refuse(socket, refusal);
      return;
    }
    server.handleUpgrade(request, socket, head, (ws) => {
      if (isClosed) ws.terminate();
      else session.attach(ws, socket as Socket, () => {});
    });
  }

  function whyNotNow(): string | undefined {
    if (isClosed) return '503 Service Unavailable';
    return options.keepsFirst && session.isConnected ? '409 Conflict' : undefined;
  }

  return {
    ...session.client,
    get isConnected() {
      return session.isConnected;
    },
    handleUpgrade,
    async close() {
      isClosed = true;
      await session.client.close();
      server.close();
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
}

/** Equal lengths, so that comparing takes the same time whatever was sent. */
const digest = (text: string) => createHash('sha256').update(text).digest();
