import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { Server } from 'socket.io';
import { isOwnOrigin } from '../../ports/own-origin.ts';
import { type LiveNamespace, type LiveNamespaceDeps, serveLive } from './live-namespace.ts';
import { cutSlowSockets, shortenGoodbyes } from './slow-sockets.ts';

export interface CreateSockets extends LiveNamespaceDeps {
  /** Fastify's `app.server`. */
  server: HttpServer;
  publicUrl: string | null;
  /** Frames one connection may have waiting before it is cut. */
  waitingFramesMax?: number;
}

/** Browsers send us a word now and then, never a document. */
const incomingBytesMax = 10_000;
const pingIntervalMs = 10_000;
const pingTimeoutMs = 10_000;
/** Who has not said by then which namespace he wants, and been admitted, is cut. */
const connectTimeoutMs = 10_000;
const goodbyeMs = 500;

/** Carries the live board to the browsers. Close it before the HTTP server (`preClose`). */
export function createSockets(deps: CreateSockets): { close(): Promise<void> } {
  const { server, publicUrl, log } = deps;
  const io = new Server(server, {
    serveClient: false,
    maxHttpBufferSize: incomingBytesMax,
    pingInterval: pingIntervalMs,
    pingTimeout: pingTimeoutMs,
    connectTimeout: connectTimeoutMs,
    perMessageDeflate: false,
    allowRequest(request, answer) {
      if (isOurPage(request, publicUrl)) return answer(null, true);
      log.warn(
        { origin: request.headers.origin?.slice(0, 200) },
        'a live connection of a foreign page was refused',
      );
      answer('foreign-origin', false);
    },
  });
  io.use((_, next) => next(new Error('not-found')));
  const stopServing = serveLive(io.of('/live') as unknown as LiveNamespace, deps);
  const stopCutting = cutSlowSockets(
    io,
    () => log.warn({}, 'a live connection that does not read was cut'),
    deps.waitingFramesMax,
  );
  return {
    async close() {
      stopServing();
      stopCutting();
      shortenGoodbyes(io, goodbyeMs);
      io.of('/live').disconnectSockets(true);
      io.engine.close();
    },
  };
}

/** Both transports come through here. A browser leaves `Origin` out for same-origin polling only, and says so. */
function isOurPage({ headers }: IncomingMessage, publicUrl: string | null): boolean {
  if (headers.origin !== undefined) return isOwnOrigin(headers.origin, headers.host, publicUrl);
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}
