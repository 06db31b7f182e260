import { createConnection } from 'node:net';
import { type AmiAnswer, AmiError, createAmiRequests } from './ami-requests.ts';
import { type AmiMessage, amiRequest, BadAmi, createAmiReader } from './ami-wire.ts';

export interface AmiAddress {
  host: string;
  port: number;
  username: string;
  password: string;
}

export interface AmiConnection {
  /** Rejects with AmiError: refused by Asterisk, no answer within 5 s, or the connection ended. */
  request(action: string, fields?: Readonly<Record<string, string | undefined>>): Promise<AmiAnswer>;
  /** Ends it at once. */
  cut(detail: string): void;
}

export interface AmiHandlers {
  onEvent(event: AmiMessage): void;
  /** Names of the events that `onEvent` is to be called with; default: all. */
  eventsRead?: ReadonlySet<string>;
  /** Called once, when a connection that was signed in ends. */
  onEnd(detail: string): void;
  /** Aborted: ends the connection, or the attempt to make one, at once. */
  signal: AbortSignal;
}

const connectTimeoutMs = 5000;
const requestTimeoutMs = 5000;
/** A link that is open and dead is found within `silenceMaxMs + pingEveryMs`: two seconds. */
const pingEveryMs = 500;
const silenceMaxMs = 1400;

/**
 * Connects and signs in, asking for `events` of those classes only (`agent,call`). Resolves within 10 s or rejects with
 * AmiError; its text never holds the password.
 */
export async function connectAmi(
  { host, port, username, password }: AmiAddress,
  events: string,
  { onEvent, eventsRead, onEnd, signal }: AmiHandlers,
): Promise<AmiConnection> {
  const socket = createConnection({ host, port, noDelay: true, keepAlive: true });
  const requests = createAmiRequests();
  const take = (message: AmiMessage): void => {
    if (!requests.take(message) && message.has('Event')) onEvent(message);
  };
  const reader = createAmiReader(take, (event) => eventsRead?.has(event) ?? true);
  let lastId = 0;
  let isSignedIn = false;
  let end: string | undefined;
  let heardAtMs = performance.now();
  let pinger: NodeJS.Timeout | undefined;

  function cut(detail: string): void {
    if (end !== undefined) return;
    end = detail;
    clearInterval(pinger);
    signal.removeEventListener('abort', stop);
    socket.destroy();
    requests.failAll();
    if (isSignedIn) onEnd(detail);
  }

  async function request(action: string, fields: Readonly<Record<string, string | undefined>> = {}) {
    if (end !== undefined) throw new AmiError('cut', end);
    lastId += 1;
    const ActionID = `vigie-${lastId}`;
    const answer = requests.expect(ActionID, requestTimeoutMs);
    socket.write(amiRequest(action, { ActionID, ...fields }));
    return answer;
  }

  function watchSilence(): void {
    pinger = setInterval(() => {
      request('Ping').catch(() => {});
      // If this very process was stuck, what came meanwhile waits in the kernel: let it be read before judging.
      setImmediate(() => {
        if (performance.now() - heardAtMs > silenceMaxMs) cut('the manager does not answer');
      });
    }, pingEveryMs);
  }

  const stop = () => cut('stopped');
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  socket.on('data', (chunk) => {
    heardAtMs = performance.now();
    try {
      if (end === undefined) reader.take(chunk);
    } catch (error) {
      cut(error instanceof BadAmi ? error.message : 'a message could not be handled');
    }
  });
  socket.on('error', (error: NodeJS.ErrnoException) => cut(error.code ?? 'network error'));
  socket.on('close', () => cut('closed by the manager'));
  const deadline = setTimeout(() => cut('no answer in time'), connectTimeoutMs);
  socket.once('connect', () => clearTimeout(deadline));

  try {
    await request('Login', { Username: username, Secret: password, Events: events });
  } catch (error) {
    const isRefused = error instanceof AmiError && error.code === 'refused';
    const detail = end ?? (error as AmiError).message;
    cut(detail);
    throw new AmiError(isRefused ? 'refused' : 'cut', detail);
  } finally {
    clearTimeout(deadline);
  }
  isSignedIn = true;
  watchSilence();
  return { request, cut };
}
