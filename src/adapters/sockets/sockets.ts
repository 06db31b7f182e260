import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { Server } from 'socket.io';
import type { AgentPageFeed, LiveFeed } from '../../ports/live.ts';
import { isOwnOrigin } from '../../ports/own-origin.ts';
import { serveAgentPage } from './agent-namespace.ts';
import { serveLive } from './live-namespace.ts';
import type { PageGateDeps } from './page-gate.ts';
import { createPlaces } from './places.ts';
import { cutSlowSockets, shortenGoodbyes } from './slow-sockets.ts';

export interface CreateSockets extends Omit<PageGateDeps, 'places'> {
  feed: LiveFeed;
  agentPages: AgentPageFeed;
  /** Fastify's `app.server`. */
  server: HttpServer;
  publicUrl: string | null;
  /** Frames one connection may have waiting before it is cut. */
  waitingFramesMax?: number;
}

/** Browsers send us a word now and then, never a document; the longest is a description of WebRTC media. */
const incomingBytesMax = 64_000;
const pingIntervalMs = 10_000;
const pingTimeoutMs = 10_000;
/** Who has not said by then which namespace he wants, and been admitted, is cut. */
const connectTimeoutMs = 10_000;
const goodbyeMs = 500;

/** Carries the live board, the agents' own pages and news for persons to the browsers. Close it before the HTTP server (`preClose`). */
export function createSockets(deps: CreateSockets): {
  close(): Promise<void>;
  /** Every page loses its connection and makes another one: behind a proxy, to another server. */
  sendAway(): void;
} {
  const { server, publicUrl, log } = deps;
  const io = new Server(server, {
    serveClient: false,
    maxHttpBufferSize: incomingBytesMax,
    pingInterval: pingIntervalMs,
    pingTimeout: pingTimeoutMs,
    connectTimeout: connectTimeoutMs,
    perMessageDeflate: false,
    // The gate of browser phones answers the other paths.
    destroyUpgrade: false,
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
  const places = createPlaces();
  const stopServing = [
    serveLive(io.of('/live'), { ...deps, places }),
    serveAgentPage(io.of('/agent'), { ...deps, places }),
  ];
  const stopCutting = cutSlowSockets(
    io,
    () => log.warn({}, 'a live connection that does not read was cut'),
    deps.waitingFramesMax,
  );
  return {
    sendAway() {
      // As a lost network, not as a goodbye: pages come back by themselves.
      for (const socket of io.of('/live').sockets.values()) socket.conn.close();
      for (const socket of io.of('/agent').sockets.values()) socket.conn.close();
    },
    async close() {
      for (const stop of stopServing) stop();
      stopCutting();
      shortenGoodbyes(io, goodbyeMs);
      for (const name of ['/live', '/agent']) io.of(name).disconnectSockets(true);
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
