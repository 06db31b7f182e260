import { AriError, type AriErrorCode, invalidArgument } from './errors.ts';
import { createLimiter } from './limiter.ts';
import { type AriMethod, type AriRequest, type AriRequestOptions, encodeQuery } from './operations.ts';
import type { AriCall, AriReply, AriTransport } from './transport.ts';

export interface RequestLimits {
  requestTimeoutMs: number;
  requestsInFlightMax: number;
  requestsWaitingMax: number;
}

export interface RequestStats {
  inFlight: number;
  waiting: number;
  succeeded: number;
  failed: number;
}

export interface Requester {
  request: AriRequest;
  /** Every request under way fails with `ari-closed`, and so does every later one. */
  close(): void;
  stats(): RequestStats;
}

/** Gives each request its deadline, its turn and its error, whatever carries it. */
export function createRequester(transport: AriTransport, limits: RequestLimits): Requester {
  const limiter = createLimiter(limits.requestsInFlightMax, limits.requestsWaitingMax);
  const underWay = new Set<(code: AriErrorCode) => void>();
  const counts = { succeeded: 0, failed: 0 };
  let isClosed = false;

  async function sendInTurn(call: AriCall): Promise<AriReply> {
    if (isClosed) throw failure('ari-closed', call);
    if (call.signal.aborted) throw call.signal.reason;
    if (limiter.isFull) throw failure('ari-busy', call);
    const turn = limiter.acquire(call.signal);
    if (turn) await turn;
    try {
      return await transport.send(call);
    } finally {
      limiter.release();
    }
  }

  async function request(method: AriMethod, path: string, options: AriRequestOptions = {}): Promise<unknown> {
    const controller = new AbortController();
    const call = readCall(method, path, options, controller.signal);
    const stop = (code: AriErrorCode) => controller.abort(failure(code, call));
    const onAbort = () => stop('ari-aborted');
    const timer = setTimeout(stop, options.timeoutMs ?? limits.requestTimeoutMs, 'ari-timeout');
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    underWay.add(stop);
    try {
      const value = readValue(await sendInTurn(call), call);
      counts.succeeded += 1;
      return value;
    } catch (error) {
      counts.failed += 1;
      throw error;
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      underWay.delete(stop);
    }
  }

  return {
    request: request as AriRequest,
    close() {
      isClosed = true;
      for (const stop of [...underWay]) stop('ari-closed');
    },
    stats: () => ({ ...counts, inFlight: limiter.inFlight, waiting: limiter.waiting }),
  };
}

function failure(code: AriErrorCode, { method, path, sent }: AriCall, reason?: string): AriError {
  return new AriError({ code, method, path, reason, mayHaveRun: sent });
}

const methods: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE'];

function readCall(method: AriMethod, path: string, options: AriRequestOptions, signal: AbortSignal): AriCall {
  if (!methods.includes(method)) throw invalidArgument('unknown method');
  if (!/^(\/[\w.~!$&'()*+,;=:@%-]+)+$/.test(path)) {
    throw invalidArgument('the path must start with / and be percent-encoded, without query', method, path);
  }
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  return { method, path, target: path + encodeQuery(options.query), body, signal, sent: false };
}

/** A reply's value: parsed JSON, undefined when empty, a Buffer for a recording. */
function readValue(reply: AriReply, call: AriCall): unknown {
  const { status, contentType, content } = reply;
  if (status < 200 || status > 299) throw refused(reply, call);
  if (content.length === 0) return undefined;
  if (contentType && !/^(text\/|application\/json)/i.test(contentType)) return content;
  try {
    return JSON.parse(content.toString());
  } catch {
    const { method, path } = call;
    throw new AriError({ code: 'ari-bad-reply', status, method, path, reason: 'not JSON', mayHaveRun: true });
  }
}

function refused({ status, statusText, content }: AriReply, { method, path }: AriCall): AriError {
  const code = status === 401 ? 'ari-unauthorized' : 'ari-http';
  return new AriError({ code, status, method, path, reason: messageOf(content) ?? statusText });
}

/** Asterisk explains itself as `{"message": "…"}`. */
function messageOf(content: Buffer | string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(content.toString());
    const message = typeof parsed === 'object' && parsed && 'message' in parsed ? parsed.message : undefined;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
