import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Test } from 'tap';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type AriClientOptions,
  type AriSession,
  createAriClient,
} from '../../src/asterisk-ari-client/index.ts';

export interface SeenRequest {
  method: string;
  url: string;
  authorization: string;
  body: string;
  socket: Socket;
}

export interface FakeConnection {
  ws: WebSocket;
  socket: Socket;
  url: string;
  sendEvent(type: string, fields?: object): void;
}

/** Something that speaks enough ARI to misbehave in every way that a test asks for. */
export interface FakeAsterisk {
  url: string;
  port: number;
  username: string;
  password: string;
  requests: SeenRequest[];
  connections: FakeConnection[];
  handshakes: number;
  /** Answers a REST request; by default 404 with Asterisk's kind of message. */
  answer(request: SeenRequest, response: http.ServerResponse): void;
  /** Runs for every accepted websocket, before its first event. */
  greet(connection: FakeConnection): void;
  /** When set, answers the websocket's handshake in place of accepting it. */
  refuse: ((socket: Socket) => void) | undefined;
  stop(): Promise<void>;
}

const notFound: FakeAsterisk['answer'] = (_, response) => {
  response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Channel not found"}');
};

export async function startFake(
  t: Test,
  {
    password = 'pass-word',
    port = 0,
    tls,
  }: { password?: string; port?: number; tls?: https.ServerOptions } = {},
): Promise<FakeAsterisk> {
  const server = tls ? https.createServer(tls) : http.createServer();
  const sockets = new Set<Socket>();
  const wss = new WebSocketServer({ noServer: true, handleProtocols: () => 'ari' });
  const fake: FakeAsterisk = {
    url: '',
    port: 0,
    username: 'vigie',
    password,
    requests: [],
    connections: [],
    handshakes: 0,
    answer: notFound,
    greet() {},
    refuse: undefined,
    async stop() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
  const expected = `Basic ${Buffer.from(`vigie:${password}`).toString('base64')}`;
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('request', async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const { method = '', url = '', headers, socket } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const authorization = headers.authorization ?? '';
    const seen = { method, url, authorization, body: Buffer.concat(chunks).toString(), socket };
    fake.requests.push(seen);
    if (authorization === expected) fake.answer(seen, response);
    else
      response
        .writeHead(401, { 'content-type': 'application/json' })
        .end('{"message":"Authentication required"}');
  });
  server.on('upgrade', (request: http.IncomingMessage, socket: Socket, head: Buffer) => {
    fake.handshakes += 1;
    socket.on('error', () => {});
    if (fake.refuse) return fake.refuse(socket);
    if (request.headers.authorization !== expected)
      return void socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    wss.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => {});
      const sendEvent = (type: string, fields = {}) => {
        ws.send(
          JSON.stringify({ type, timestamp: '2026-01-01T00:00:00.000+0000', application: 'app', ...fields }),
        );
      };
      const connection = { ws, socket, url: request.url ?? '', sendEvent };
      fake.connections.push(connection);
      fake.greet(connection);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  fake.port = (server.address() as AddressInfo).port;
  fake.url = `${tls ? 'https' : 'http'}://127.0.0.1:${fake.port}`;
  t.teardown(fake.stop);
  return fake;
}

/** A client of the fake that reconnects fast; closed at the end of the test. */
type Reachable = Pick<FakeAsterisk, 'url' | 'username' | 'password'>;
export function clientOf(t: Test, fake: Reachable, options: Partial<AriClientOptions> = {}) {
  const { url, username, password } = fake;
  const quick = { reconnectMinMs: 10, reconnectMaxMs: 50, replacedRetryMs: 20 };
  const ari = createAriClient({ url, username, password, app: 'app', ...quick, ...options });
  t.teardown(() => ari.close());
  return ari;
}

/** Waits for a condition, not for a time. */
export async function until(condition: () => boolean, what: string, limitMs = 5000): Promise<void> {
  const endAtMs = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > endAtMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The error that a promise ends with; a promise that succeeds is a failure. */
export async function errorOf(promise: Promise<unknown>): Promise<Record<string, unknown> & Error> {
  try {
    await promise;
  } catch (error) {
    return error as Record<string, unknown> & Error;
  }
  throw new Error('it should have failed');
}

/** What a client reported, in order. */
export function journalOf(ari: AriSession): string[] {
  const journal: string[] = [];
  ari.on('connected', ({ generation }) => journal.push(`connected ${generation}`));
  ari.on('disconnected', ({ generation, reason }) => journal.push(`disconnected ${generation} ${reason}`));
  ari.on('connectFailed', ({ reason, status }) => journal.push(`failed ${reason} ${status ?? ''}`.trim()));
  ari.on('replaced', ({ generation }) => journal.push(`replaced ${generation}`));
  ari.on('event', (event, { generation, sequence }) =>
    journal.push(`${event.type} ${generation}.${sequence}`),
  );
  ari.on('unknownEvent', (event, { sequence }) => journal.push(`unknown ${event.type} ${sequence}`));
  ari.on('badFrame', (kind, { sequence }) => journal.push(`${kind} ${sequence}`));
  return journal;
}
