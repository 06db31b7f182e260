import WebSocket from 'ws';

const requestLimitMs = 10_000;

/** The few fields of ARI's events and channels that the lab uses. */
export interface AriChannel {
  id: string;
  name: string;
  state: string;
  caller: { name: string; number: string };
  connected: { name: string; number: string };
}
export interface AriEvent {
  type: string;
  timestamp: string;
  channel?: AriChannel;
  args?: string[];
  cause?: number;
  cause_txt?: string;
  tech_cause?: number;
  digit?: string;
}

export class AriFailure extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The lab's own small ARI client; it shares nothing with the product's, so that neither hides the other's faults. */
export interface LabAri {
  request<T = unknown>(
    method: string,
    path: string,
    query?: Record<string, string>,
    body?: unknown,
  ): Promise<T>;
  /** Opens the event socket of an application; resolves when Asterisk has accepted it. */
  events(app: string, onEvent: (event: AriEvent) => void): Promise<{ close(): void }>;
}

export function createLabAri(url: string, username: string, password: string): LabAri {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return {
    async request<T>(
      method: string,
      path: string,
      query: Record<string, string> = {},
      body?: unknown,
    ): Promise<T> {
      const target = `${url}${path}?${new URLSearchParams(query)}`;
      const send = () =>
        fetch(target, {
          method,
          headers: { authorization, ...(body ? { 'content-type': 'application/json' } : {}) },
          ...(body ? { body: JSON.stringify(body) } : {}),
          signal: AbortSignal.timeout(requestLimitMs),
        });
      // Asterisk may close an idle connection just as we use it again: once more, on a new one.
      const response = await send().catch((error: unknown) => {
        if (error instanceof TypeError) return send();
        throw error;
      });
      const text = await response.text();
      if (!response.ok)
        throw new AriFailure(response.status, `${method} ${path}: ${response.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    async events(app, onEvent) {
      const socket = await openSocket(url, app, authorization, onEvent);
      // Not subscribeAll: who is subscribed to device states can lock ARI by going away (asterisk/asterisk#2170).
      const sources = new URLSearchParams({ eventSource: 'channel:,bridge:,endpoint:' });
      const reply = await fetch(`${url}/applications/${app}/subscription?${sources}`, {
        method: 'POST',
        headers: { authorization },
        signal: AbortSignal.timeout(requestLimitMs),
      });
      if (!reply.ok) throw new AriFailure(reply.status, `subscribing ${app}: ${reply.status}`);
      return socket;
    },
  };
}

function openSocket(url: string, app: string, authorization: string, onEvent: (event: AriEvent) => void) {
  const { promise, resolve, reject } = Promise.withResolvers<{ close(): void }>();
  const address = `${url.replace('http', 'ws')}/events?app=${app}`;
  const socket = new WebSocket(address, { headers: { authorization }, handshakeTimeout: requestLimitMs });
  socket.on('message', (data) => onEvent(JSON.parse(String(data)) as AriEvent));
  socket.on('open', () => resolve({ close: () => socket.terminate() }));
  socket.on('error', reject);
  return promise;
}
