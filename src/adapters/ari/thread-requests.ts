import {
  AriError,
  type AriErrorCode,
  type AriMethod,
  type AriRequest,
  type AriRequestOptions,
} from '../../asterisk-ari-client/index.ts';

/** A request on its way to the reader's thread, which has the only connection of an Asterisk that dials us. */
export interface ThreadRequest {
  kind: 'request';
  id: number;
  method: AriMethod;
  path: string;
  options: Omit<AriRequestOptions, 'signal'>;
}
export type ThreadReply =
  | { kind: 'reply'; id: number; value: unknown }
  | { kind: 'failed'; id: number; error: ThreadFailure };

/** An error loses its class on the way between threads. */
export interface ThreadFailure {
  code: AriErrorCode;
  status: number | undefined;
  mayHaveRun: boolean;
  message: string;
}

export interface ThreadRequests {
  request: AriRequest;
  take(reply: ThreadReply): void;
  /** The thread is gone: nothing under way will be answered. */
  fail(): void;
}

/** `send` is false when there is no thread. Deadlines are kept over there. */
export function createThreadRequests(send: (request: ThreadRequest) => boolean): ThreadRequests {
  const waiting = new Map<
    number,
    { settle: PromiseWithResolvers<unknown>; method: AriMethod; path: string }
  >();
  let lastId = 0;

  function request(method: AriMethod, path: string, given: AriRequestOptions = {}): Promise<unknown> {
    const { signal: _, ...options } = given;
    lastId += 1;
    const settle = Promise.withResolvers<unknown>();
    waiting.set(lastId, { settle, method, path });
    if (!send({ kind: 'request', id: lastId, method, path, options })) {
      waiting.delete(lastId);
      settle.reject(new AriError({ code: 'ari-unreachable', reason: 'the PBX is not read', method, path }));
    }
    return settle.promise;
  }

  return {
    request: request as AriRequest,
    take(reply) {
      const one = waiting.get(reply.id);
      if (!one) return;
      waiting.delete(reply.id);
      if (reply.kind === 'reply') one.settle.resolve(reply.value);
      else {
        const { message, ...details } = reply.error;
        one.settle.reject(Object.assign(new AriError(details), { message }));
      }
    },
    fail() {
      for (const { settle, method, path } of waiting.values())
        settle.reject(new AriError({ code: 'ari-cut', method, path, mayHaveRun: true }));
      waiting.clear();
    },
  };
}

export function failureOf(error: unknown): ThreadFailure {
  if (!(error instanceof AriError)) throw error;
  const { code, status, mayHaveRun, message } = error;
  return { code, status, mayHaveRun, message };
}
