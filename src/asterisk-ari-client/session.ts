import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { AriClientEvents, AriSession, AriTypedEvents } from './client-types.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { createIntake } from './intake.ts';
import { type Link, type LinkEnd, watchLink } from './link.ts';
import { bindOperations, encodeSegment } from './operations.ts';
import type { AriCommonOptions, commonDefaults } from './options.ts';
import { createRequester } from './requests.ts';
import { createCounters } from './stats.ts';
import type { AriTransport } from './transport.ts';
import { createWebsocketTransport } from './websocket-transport.ts';

export type SessionOptions = AriCommonOptions & Record<keyof typeof commonDefaults, number> & { app: string };

export interface Session {
  client: Omit<AriSession, 'isConnected'>;
  readonly isConnected: boolean;
  emitter: Emitter<AriClientEvents>;
  /** Takes an open websocket as the next generation. To be called in the very turn in which it opened. */
  attach(ws: WebSocket, socket: Socket | undefined, onEnd: (end: LinkEnd) => void): void;
}

/** What a client is, apart from how its websocket comes to be. Without `http`, requests go over the websocket. */
export function createSession(options: SessionOptions, http: AriTransport | undefined): Session {
  const log = options.log ?? { info() {}, warn() {} };
  const counters = createCounters();
  const onHandlerError = (err: unknown, name: string) => {
    counters.handlerErrors += 1;
    log.warn({ err, name }, 'ARI: a handler threw');
  };
  const emitter = createEmitter<AriClientEvents>(onHandlerError);
  const typedEmitter = createEmitter<AriTypedEvents>(onHandlerError);
  const overWebsocket = createWebsocketTransport((text) => link?.sendText(text) ?? false);
  const requester = createRequester(options.restTransport === 'http' && http ? http : overWebsocket, options);
  const intake = createIntake({
    counters,
    emitter,
    typedEmitter,
    log,
    eventTypes: options.eventTypes,
    onFrame: options.onFrame,
    onHandlerError,
    onRestResponse: overWebsocket.onResponse,
    onReplaced: () => link?.cut('replaced'),
  });
  let link: Link | undefined;
  let generation = options.firstGeneration - 1;

  function attach(ws: WebSocket, socket: Socket | undefined, onEnd: (end: LinkEnd) => void): void {
    link?.cut('replaced');
    generation += 1;
    const own = generation;
    intake.startGeneration(own);
    const end = (reason: LinkEnd) => {
      link = undefined;
      overWebsocket.onLinkDown();
      log.info({ generation: own, reason }, 'ARI: disconnected');
      emitter.emit('disconnected', { generation: own, reason });
      onEnd(reason);
    };
    link = watchLink(ws, socket, {
      ...options,
      onText: intake.takeText,
      onBinary: intake.takeBinary,
      onEnd: end,
    });
    log.info({ generation: own, app: options.app }, 'ARI: connected');
    emitter.emit('connected', { generation: own });
  }

  const client: Session['client'] = {
    ...bindOperations(requester.request),
    on: emitter.on,
    onEvent: typedEmitter.on,
    request: requester.request,
    async filterEvents(types, { timeoutMs } = {}) {
      // The filter holds for these two as well: nobody would tell us that we have been replaced, and
      // requests over the websocket would never be answered.
      const allowed = [...new Set([...types, 'ApplicationReplaced', 'RESTResponse'])].map((type) => ({
        type,
      }));
      const path = `/applications/${encodeSegment(options.app)}/eventFilter`;
      await requester.request('PUT', path, { body: { allowed }, ...(timeoutMs ? { timeoutMs } : {}) });
    },
    stats: () => ({
      ...counters,
      unknownTypes: { ...counters.unknownTypes },
      generation,
      requests: requester.stats(),
    }),
    async close() {
      requester.close();
      await link?.close();
      http?.close();
    },
  };
  return {
    client,
    get isConnected() {
      return link !== undefined;
    },
    emitter,
    attach,
  };
}
