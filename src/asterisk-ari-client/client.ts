import { backoffMs } from './backoff.ts';
import type { AriClient, ConnectFailure, ConnectFailureReason } from './client-types.ts';
import { type DialFailure, dial } from './dial.ts';
import { AriError, type AriErrorCode } from './errors.ts';
import { createHttpTransport } from './http-transport.ts';
import type { LinkEnd } from './link.ts';
import { encodeSegment } from './operations.ts';
import { type AriClientOptions, clientDefaults, readAddress, withDefaults } from './options.ts';
import { createRequester } from './requests.ts';
import { createSession } from './session.ts';

/** A connection that lasted this long was a good one: after it the waits of earlier failures are forgotten. */
const goodConnectionMs = 5000;

/**
 * A client of one Asterisk and one application. Requests work at once; events after `connect()`.
 * @throws AriError `ari-invalid-argument` for a URL or user name that cannot be right.
 */
export function createAriClient(given: AriClientOptions): AriClient {
  const options = withDefaults(given, clientDefaults);
  const address = readAddress(options);
  const { tls, requestsInFlightMax: socketsMax, replyBytesMax, reconnectMinMs, reconnectMaxMs } = options;
  const http = createHttpTransport({ address, tls, socketsMax, replyBytesMax });
  const session = createSession(options, http);
  const probe = createRequester(http, options);
  const onClose = new Set<() => void>();
  let state: 'idle' | 'dialling' | 'connected' | 'waiting' | 'closed' = 'idle';
  let failures = 0;
  let lastFailure: ConnectFailure | undefined;
  let timer: NodeJS.Timeout | undefined;
  let giveUp = () => {};
  let openedAtMs = 0;

  function connect(): void {
    if (state === 'closed') throw new AriError({ code: 'ari-closed', reason: 'the client is closed' });
    if (state === 'dialling' || state === 'connected') return;
    clearTimeout(timer);
    state = 'dialling';
    giveUp = dial(
      { ...options, address, tls },
      {
        onOpen(ws, socket) {
          state = 'connected';
          openedAtMs = performance.now();
          session.attach(ws, socket, onEnd);
        },
        onFailure,
      },
    );
  }

  function wait(ms: number, then: () => void): void {
    state = 'waiting';
    timer = setTimeout(then, ms);
  }

  function onEnd(reason: LinkEnd): void {
    if (state === 'closed') return;
    if (performance.now() - openedAtMs >= goodConnectionMs) failures = 0;
    failures += 1;
    if (reason === 'replaced') wait(options.replacedRetryMs, () => void connectIfFree());
    else wait(backoffMs(failures, { minMs: reconnectMinMs, maxMs: reconnectMaxMs }), connect);
  }

  function onFailure(failure: DialFailure): void {
    if (state === 'closed') return;
    failures += 1;
    const slowly = { minMs: options.unauthorizedRetryMs, maxMs: options.unauthorizedRetryMs };
    const isRefused = failure.reason === 'unauthorized';
    const retryInMs = backoffMs(
      failures,
      isRefused ? slowly : { minMs: reconnectMinMs, maxMs: reconnectMaxMs },
    );
    lastFailure = { ...failure, attempt: failures, retryInMs };
    wait(retryInMs, connect);
    options.log?.warn({ ...lastFailure, app: options.app }, 'ARI: no connection');
    session.emitter.emit('connectFailed', lastFailure);
  }

  /** Two clients of one name would throw each other out for ever: come back only when the other has gone. */
  async function connectIfFree(): Promise<void> {
    const isHeld = await probe.request('GET', `/applications/${encodeSegment(options.app)}`).then(
      () => true,
      (error: unknown) =>
        !(error instanceof AriError && (error.status === 404 || error.code === 'ari-unreachable')),
    );
    if (state !== 'waiting') return;
    if (isHeld) wait(options.replacedRetryMs, () => void connectIfFree());
    else connect();
  }

  function whenConnected({ timeoutMs = 10_000 } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (session.isConnected) return resolve();
      const settle = (act: () => void) => {
        clearTimeout(deadline);
        stopListening();
        onClose.delete(fail);
        act();
      };
      const fail = () => settle(() => reject(notConnected(state === 'closed' ? 'closed' : lastFailure)));
      const stopListening = session.emitter.on('connected', () => settle(resolve));
      const deadline = setTimeout(fail, timeoutMs);
      if (state === 'closed') fail();
      else onClose.add(fail);
    });
  }

  async function close(): Promise<void> {
    state = 'closed';
    clearTimeout(timer);
    probe.close();
    for (const fail of [...onClose]) fail();
    if (!session.isConnected) giveUp();
    await session.client.close();
  }

  return {
    ...session.client,
    get isConnected() {
      return session.isConnected;
    },
    connect,
    whenConnected,
    close,
  };
}

const codeOfFailure: Record<ConnectFailureReason, AriErrorCode> = {
  unreachable: 'ari-unreachable',
  unauthorized: 'ari-unauthorized',
  refused: 'ari-http',
  timeout: 'ari-timeout',
  'protocol-error': 'ari-bad-reply',
};

function notConnected(failure: ConnectFailure | 'closed' | undefined): AriError {
  const where = { method: 'GET', path: '/events' };
  if (failure === 'closed') return new AriError({ ...where, code: 'ari-closed' });
  if (!failure) return new AriError({ ...where, code: 'ari-timeout', reason: 'not connected in time' });
  const { reason, status, detail } = failure;
  return new AriError({ ...where, code: codeOfFailure[reason], status, reason: detail });
}
