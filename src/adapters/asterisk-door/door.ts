import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../../ports/log.ts';
import { createPorter, type Porter } from './porter.ts';

/** Where Asterisk dials: `ws://host:port/asterisk/ws/main`, with the PBX's name at the end. */
export const doorPath = /^\/asterisk\/ws\/([A-Za-z0-9_-]{1,64})$/;

/** A PBX that dials us. `readerPath` is where its reader listens, a Unix socket. */
export interface DoorGuest {
  name: string;
  username: string;
  password: string;
  readerPath: string;
}

/**
 * Lets Asterisk's outbound websockets through to the reader of their PBX. Who does not know the password of that PBX
 * learns nothing, not even whether there is one of that name. The connection itself is carried by a process of its own
 * (`porter.ts`), so that a long computation of this one leaves no websocket of Asterisk's unread.
 */
export function createAsteriskDoor(
  server: Server,
  guests: readonly DoorGuest[],
  log: Log,
): { close(): void } {
  const porter: Porter | null = guests.length > 0 ? createPorter(log) : null;

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const name = doorPath.exec(request.url ?? '')?.[1];
    if (!(request.url ?? '').startsWith('/asterisk/')) return;
    socket.on('error', () => socket.destroy());
    const guest = guests.find((one) => one.name === name);
    if (!guest || !knows(request, guest)) refuse(socket, 401);
    else if (!porter?.carry(socket as Socket, guest.readerPath, opening(request, head))) refuse(socket, 503);
    else log.info({ pbx: guest.name }, 'Asterisk has dialled');
  }

  server.on('upgrade', onUpgrade);
  return {
    close() {
      server.off('upgrade', onUpgrade);
      porter?.close();
    },
  };
}

/** Takes the same time whatever was sent. */
function knows(request: IncomingMessage, { username, password }: DoorGuest): boolean {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(expected));
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** The request as it came, for the reader to answer. */
function opening({ method, url, rawHeaders }: IncomingMessage, head: Buffer): Buffer {
  let text = `${method} ${url} HTTP/1.1\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  return Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]);
}

function refuse(socket: Duplex, status: 401 | 503): void {
  const reason = status === 401 ? 'Unauthorized' : 'Service Unavailable';
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
