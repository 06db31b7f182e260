import http from 'node:http';
import https from 'node:https';
import { AriError } from './errors.ts';
import type { AriAddress, AriTlsOptions } from './options.ts';
import type { AriCall, AriReply, AriTransport } from './transport.ts';

/** Below Asterisk's own 15 s (`session_keep_alive`), so that we seldom write into a socket it is closing. */
const idleSocketMs = 5000;

export interface HttpTransportOptions {
  address: AriAddress;
  tls: AriTlsOptions | undefined;
  socketsMax: number;
  replyBytesMax: number;
}

type Settle = { resolve: (reply: AriReply) => void; reject: (error: unknown) => void };

export function createHttpTransport({
  address,
  tls,
  socketsMax,
  replyBytesMax,
}: HttpTransportOptions): AriTransport {
  const isSecure = address.origin.startsWith('https:');
  const keepAlive = { keepAlive: true, maxSockets: socketsMax, timeout: idleSocketMs };
  const agent = isSecure ? new https.Agent({ ...keepAlive, ...tls }) : new http.Agent(keepAlive);
  const { hostname, port } = new URL(address.origin);
  const host = hostname.replace(/^\[|\]$/g, '');

  function open(call: AriCall): http.ClientRequest {
    const headers: http.OutgoingHttpHeaders = { authorization: address.authorization };
    if (call.body !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(call.body);
    } else if (call.method !== 'GET') {
      headers['content-length'] = 0;
    }
    const where = { agent, host, port, method: call.method, path: address.basePath + call.target, headers };
    return isSecure ? https.request(where) : http.request(where);
  }

  function attempt(call: AriCall, settle: Settle, mayRetry: boolean): void {
    const request = open(call);
    const onAbort = () => request.destroy();
    call.signal.addEventListener('abort', onAbort, { once: true });
    const done = () => call.signal.removeEventListener('abort', onAbort);
    request.on('socket', (socket) => {
      const markSent = () => {
        call.sent = true;
      };
      if (request.reusedSocket) markSent();
      else socket.once(isSecure ? 'secureConnect' : 'connect', markSent);
    });
    request.on('response', (response) => readReply(response, call, replyBytesMax, settle));
    request.on('close', done);
    request.on('error', (error) => {
      done();
      // Asterisk closed an idle connection as we picked it up: asking again is safe for a GET only.
      const wasStale = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
      if (!wasStale || !mayRetry || call.method !== 'GET' || call.signal.aborted) {
        settle.reject(networkError(error, call));
        return;
      }
      call.sent = false;
      attempt(call, settle, false);
    });
    request.end(call.body);
  }

  return {
    send: (call) => new Promise((resolve, reject) => attempt(call, { resolve, reject }, true)),
    close: () => agent.destroy(),
  };
}

function readReply(response: http.IncomingMessage, call: AriCall, bytesMax: number, settle: Settle): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= bytesMax) return;
    settle.reject(
      new AriError({ ...facts(call), code: 'ari-bad-reply', reason: `more than ${bytesMax} bytes` }),
    );
    response.destroy();
  });
  response.on('end', () => {
    settle.resolve({
      status: response.statusCode ?? 0,
      statusText: response.statusMessage ?? '',
      contentType: response.headers['content-type'] ?? '',
      content: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
    });
  });
  // Also emitted, as ECONNRESET, when the connection ends before the body does.
  response.on('error', (error) => settle.reject(networkError(error, call)));
}

const facts = (call: AriCall) => ({ method: call.method, path: call.path, mayHaveRun: call.sent });

function networkError(error: Error, call: AriCall): unknown {
  if (call.signal.aborted) return call.signal.reason;
  const reason = 'code' in error ? String(error.code) : error.message;
  return new AriError({
    ...facts(call),
    code: call.sent ? 'ari-cut' : 'ari-unreachable',
    reason,
    cause: error,
  });
}
