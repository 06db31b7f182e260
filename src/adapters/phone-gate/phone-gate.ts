import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { phoneGateCloses, phoneGatePath, phoneProtocol, phoneTicketPrefix } from '../../contract/phones.ts';
import type { LiveSessions } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import { isOwnOrigin } from '../../ports/own-origin.ts';
import type { PhoneDesk, PhonePass } from '../../ports/phones.ts';
import { relay } from './relay.ts';

export interface PhoneGateDeps {
  /** Fastify's `app.server`. */
  server: Server;
  publicUrl: string | null;
  sessions: LiveSessions;
  desk: PhoneDesk;
  /** The PBX's SIP websocket, `ws://host:8088/ws`; null for a PBX that is not configured. */
  pbxAddress: (pbx: string) => string | null;
  log: Log;
  /** Phones at once, in all. */
  connectionsMax?: number;
}

/** An INVITE with its session description takes some 3 kB. */
export const messageBytesMax = 32_768;
const connectionsDefault = 2_000;
const pbxConnectTimeoutMs = 5_000;
const otherServersPath = /^\/(socket\.io|asterisk)\//;

/**
 * Lets browsers' phones through to the PBX's SIP websocket, one by one: our own page, a session, a ticket that was never
 * used, and then only what that person's own phone may say. The PBX's HTTP port itself stays closed to browsers.
 */
export function createPhoneGate(deps: PhoneGateDeps): { close(): void } {
  const { server, log, sessions, desk } = deps;
  const connectionsMax = deps.connectionsMax ?? connectionsDefault;
  const doorway = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
    handleProtocols: () => phoneProtocol,
  });
  const open = new Map<
    WebSocket,
    { sessionKey: string; end(code: number, why: 'gone' | 'session-ended'): void }
  >();
  let arriving = 0;

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = request.url?.split('?')[0] ?? '';
    if (otherServersPath.test(path)) return;
    socket.on('error', () => socket.destroy());
    if (path !== phoneGatePath || open.size + arriving >= connectionsMax) {
      refuse(socket, path === phoneGatePath ? 503 : 404);
      return;
    }
    arriving += 1;
    enter(request, socket, head)
      .catch((error: unknown) => {
        log.error({ err: error }, 'a browser phone could not be let in');
        refuse(socket, 500);
      })
      .finally(() => {
        arriving -= 1;
      });
  }

  async function enter(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { origin, host, cookie } = request.headers;
    if (!origin || !isOwnOrigin(origin, host, deps.publicUrl)) return refuse(socket, 403);
    const ticket = ticketOf(request.headers['sec-websocket-protocol']);
    const session = ticket === null ? null : await sessions.open(cookie);
    if (ticket === null || !session) return refuse(socket, 401);
    const pass = desk.redeem(ticket, session.viewer);
    if (!pass) return refuse(socket, 401);
    const address = deps.pbxAddress(pass.pbx);
    const pbx = address === null ? null : await connectPbx(address);
    if (!pbx) return refuse(socket, 503);
    let isIn = false;
    // Called at once or, when the page has gone or is no websocket, never.
    doorway.handleUpgrade(request, socket, head, (browser) => {
      isIn = true;
      join(browser, pbx, pass, session.sessionKey);
    });
    if (!isIn) pbx.terminate();
  }

  function join(browser: WebSocket, pbx: WebSocket, pass: PhonePass, sessionKey: string): void {
    const end = (code: number, why: 'gone' | 'session-ended' = 'gone') => {
      if (!open.delete(browser)) return;
      line.end(code);
      leave(why);
    };
    const line = relay(browser, pbx, pass, {
      onEnd: (code) => end(code),
      onRefused: (why) => log.warn({ personId: pass.personId, why }, 'a browser phone said what it may not'),
    });
    open.set(browser, { sessionKey, end });
    const leave = desk.entered(pass, (code) => end(code));
  }

  const stopWatching = sessions.onRevoked((sessionKey) => {
    for (const one of open.values())
      if (one.sessionKey === sessionKey) one.end(phoneGateCloses.notAllowed, 'session-ended');
  });
  server.on('upgrade', onUpgrade);
  return {
    close() {
      stopWatching();
      server.off('upgrade', onUpgrade);
      for (const one of open.values()) one.end(goingAway, 'gone');
    },
  };
}

const goingAway = 1001;

/** The PBX's side, open; null when it does not come about in time. */
function connectPbx(address: string): Promise<WebSocket | null> {
  const pbx = new WebSocket(address, phoneProtocol, {
    handshakeTimeout: pbxConnectTimeoutMs,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
    followRedirects: false,
  });
  return new Promise((resolve) => {
    pbx.once('error', () => resolve(null));
    pbx.once('open', () => resolve(pbx));
  });
}

const ticketLengthMax = 200;

/** Of `sip, ticket.abc`. */
function ticketOf(header: string | undefined): string | null {
  const offered = (header ?? '').slice(0, 2 * ticketLengthMax).split(/\s*,\s*/);
  const tickets = offered.filter((one) => one.startsWith(phoneTicketPrefix));
  if (!offered.includes(phoneProtocol) || tickets.length !== 1) return null;
  return tickets[0]!.slice(phoneTicketPrefix.length, ticketLengthMax);
}

const reasons: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

function refuse(socket: Duplex, status: number): void {
  if (socket.destroyed) return;
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
