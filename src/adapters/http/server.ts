import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { v7 as uuid } from 'uuid';
import { AppError } from '../../contract/errors.ts';
import type { RequestHomes, Sessions } from '../../ports/http-viewer.ts';
import type { Log } from '../../ports/log.ts';
import { guardRoutes } from './access.ts';
import { describeRoutes, serveDocs } from './docs.ts';
import { forwardRequests } from './forward.ts';
import { type MetricsText, type Readiness, serveHealth } from './health.ts';
import { servePanel } from './panel.ts';
import { answerProblems, sendProblem, toAppError } from './problem.ts';
import { sendSecurityHeaders } from './security-headers.ts';
import { refuseNul, validatorCompiler } from './validation.ts';

export const bodyBytesMax = 1_000_000;
/** Requests to /api one address may send in a minute: an office of 200 panels behind one address stays far below. */
export const requestsPerMinuteMax = 6_000;
const requestTimeoutMs = 30_000;
const closeWaitMs = 3_000;

export type HttpServer = FastifyInstance;

export interface HttpServerOptions {
  config: { publicUrl: string | null; trustProxy: boolean };
  version: string;
  log: Log;
  sessions: Sessions;
  /** Each feature's routes, with full paths (`/api/agents`) and `config.access`. */
  routes: FastifyPluginAsyncTypebox[];
  /** The built panel. */
  staticFolder: string;
  metrics: MetricsText & {
    observeRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  };
  readiness: () => Promise<Readiness>;
  /** Where there are several servers. Default: this one answers everything. */
  homes?: RequestHomes | undefined;
  /** To /api, from one address. */
  requestsPerMinute?: number;
}

/** The server, ready to `listen`. Rejects when a route does not say who may call it. */
export async function createHttpServer(o: HttpServerOptions): Promise<HttpServer> {
  const app = fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    // The proxy in front of us and no other: what stands before its own word in X-Forwarded-For is the client's.
    trustProxy: o.config.trustProxy && ((_address: string, hop: number) => hop === 0),
    genReqId: (request) => requestId(request.headers['x-request-id']),
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => sendProblem(request, reply, toAppError(error)),
    ajv: { customOptions: { removeAdditional: false } },
    routerOptions: { maxParamLength: 200 },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler());
  app.addHook('preValidation', async ({ body, query, params }) => refuseNul(body, query, params));
  answerProblems(app, o.log);
  watchRequests(app, o);
  closeInTime(app);
  await sendSecurityHeaders(app, o.config.publicUrl);
  await app.register(cookie);
  await describeRoutes(app, o.version);
  guardRoutes(app, o.sessions, o.config.publicUrl);
  await app.register(async (api) => {
    await api.register(rateLimit, {
      max: o.requestsPerMinute ?? requestsPerMinuteMax,
      timeWindow: 60_000,
      errorResponseBuilder: (_request, { ttl }) =>
        new AppError('too-many-attempts', 'Too many requests; wait and try again', {
          retryAfterS: Math.ceil(ttl / 1_000),
        }),
    });
    if (o.homes) forwardRequests(api, o.homes, o.log);
    for (const plugin of o.routes) await api.register(plugin);
  });
  serveHealth(app, o.readiness, o.metrics);
  await serveDocs(app);
  await servePanel(app, o.staticFolder);
  await app.ready();
  return app as unknown as FastifyInstance;
}

/** A client that does not read its answer does not hold up the end. */
function closeInTime(app: FastifyInstance): void {
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), closeWaitMs).unref();
  });
}

/** One the client or a proxy gave, when it looks like one; it comes back in the answer and in the log. */
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[A-Za-z0-9_-]{8,64}$/.test(given) ? given : uuid();
}

/** Neither the log nor the metrics hold a URL: search words and phone numbers are in it. Only the route's pattern. */
function watchRequests(app: FastifyInstance, o: HttpServerOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = patternOf(request);
    const { method } = request;
    const status = reply.statusCode;
    o.metrics.observeRequest({ method, route, status, seconds: reply.elapsedTime / 1_000 });
    const who = { requestId: request.id, personId: request.viewer?.personId };
    o.log.debug({ method, route, status, ms: Math.round(reply.elapsedTime), ...who }, 'request');
  });
}

const patternOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unknown';
