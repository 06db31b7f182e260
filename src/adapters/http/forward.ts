import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../contract/errors.ts';
import type { About, RequestHomes } from '../../ports/http-viewer.ts';
import type { Log } from '../../ports/log.ts';

/** Of a request that was sent on: it is answered where it arrives. */
const forwardedHeader = 'x-vigie-forwarded';
/** A PBX that changes its server is there again within three seconds. */
const newHomeWaitMs = 4_000;
const lookEveryMs = 50;
const answerDeadlineMs = 15_000;
/** Who asks, and in what words; the rest is between two machines. */
const headersKept = [
  'cookie',
  'authorization',
  'origin',
  'sec-fetch-site',
  'content-type',
  'idempotency-key',
  'if-match',
  'accept',
];

/**
 * Sends requests about something that another server holds on to it, as they are: it asks for rights, validates and audits
 * as if it had been asked itself. A request is sent a second time only when it certainly did not arrive.
 */
export function forwardRequests(app: FastifyInstance, homes: RequestHomes, log: Log): void {
  app.addHook('preHandler', async (request, reply) => {
    const { about } = request.routeOptions.config;
    if (!about || request.headers[forwardedHeader] !== undefined) return;
    const id = idOf(about, request);
    if (id === undefined) return;
    const sent = await sendOn(homes, about, id, request, log);
    if (!sent) return;
    return passOn(sent, reply);
  });
}

function idOf(about: About, { body, params }: FastifyRequest): string | undefined {
  const { id } = (params ?? {}) as { id?: string };
  return (
    id ?? (about === 'agent' || about === 'screen' ? (body as { agentId?: string })?.agentId : undefined)
  );
}

/** The other server's answer; null when the request is ours. Throws `pbx-unreachable`. */
async function sendOn(
  homes: RequestHomes,
  about: About,
  id: string,
  request: FastifyRequest,
  log: Log,
): Promise<IncomingMessage | null> {
  const endMs = performance.now() + newHomeWaitMs;
  for (;;) {
    const home = homes.homeOf(about, id);
    if (home === 'here') return null;
    if (home !== 'nobody') {
      try {
        return await ask(home, request);
      } catch (error) {
        if (!neverArrived(error)) {
          log.warn({ err: error, about }, 'A request was sent on and not answered');
          throw new AppError('pbx-unreachable', 'The server that has this PBX did not answer');
        }
      }
    }
    if (performance.now() > endMs) throw new AppError('pbx-unreachable', 'No server has this PBX now');
    await delay(lookEveryMs);
  }
}

const neverArrived = (error: unknown): boolean =>
  ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'].includes(
    String((error as { code?: unknown }).code),
  );

function ask(home: string, request: FastifyRequest): Promise<IncomingMessage> {
  const url = new URL(request.url, home);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const headers: Record<string, string> = {
    // Its own pages come from this address.
    host: request.host,
    [forwardedHeader]: '1',
    'x-request-id': request.id,
    'x-forwarded-for': request.ip,
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  };
  for (const name of headersKept) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  if (body === undefined) delete headers['content-type'];
  return new Promise((resolve, reject) => {
    const begin = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = begin(url, { method: request.method, headers, timeout: answerDeadlineMs }, resolve);
    sent.on('timeout', () => sent.destroy(new Error(`no answer in ${answerDeadlineMs} ms`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

const answeredHeaders = ['content-type', 'etag', 'retry-after', 'location', 'cache-control'];

function passOn(answer: IncomingMessage, reply: FastifyReply): FastifyReply {
  for (const name of answeredHeaders) {
    const value = answer.headers[name];
    if (typeof value === 'string') reply.header(name, value);
  }
  return reply.code(answer.statusCode ?? 502).send(answer);
}
