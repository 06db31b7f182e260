import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { type AriAcceptorOptions, createAriAcceptor } from '../../src/asterisk-ari-client/index.ts';
import { errorOf, journalOf, until } from './fake-asterisk.ts';

/** An acceptor behind a real HTTP server, and a way to call it as Asterisk would. */
async function listening(t: Test, options: Partial<AriAcceptorOptions> = {}) {
  const ari = createAriAcceptor({ app: 'app', username: 'pbx', password: 'pa:ss', ...options });
  const sockets: Socket[] = [];
  const server = createServer((_, response) => response.end());
  server.on('connection', (socket) => sockets.push(socket));
  server.on('upgrade', ari.handleUpgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  t.teardown(async () => {
    await ari.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const call = (password = 'pa:ss') => {
    const authorization = `Basic ${Buffer.from(`pbx:${password}`).toString('base64')}`;
    return new WebSocket(url, ['ari'], { headers: { authorization } });
  };
  return { ari, journal: journalOf(ari), call, url };
}

const event = (type: string) => JSON.stringify({ type, application: 'app', timestamp: '' });

t.test('each call of Asterisk is a generation, and a second one takes the place of the first', async (t) => {
  const { ari, journal, call } = await listening(t);
  const first = call();
  first.on('error', () => {});
  first.on('open', () => first.send(event('ApplicationRegistered')));
  await until(() => journal.length === 2, 'the first event');
  const second = call();
  second.on('open', () => second.send(event('ApplicationRegistered')));
  await until(() => journal.length === 5, 'the second event');
  const lines = ['connected 1', 'ApplicationRegistered 1.1', 'disconnected 1 replaced', 'connected 2'];
  t.same(journal, [...lines, 'ApplicationRegistered 2.1']);
  await until(() => first.readyState === WebSocket.CLOSED, 'the first to be cut');
  second.on('message', (data) => {
    const { request_id } = JSON.parse(data.toString());
    second.send(
      JSON.stringify({ type: 'RESTResponse', request_id, status_code: 200, message_body: '{"ping":"pong"}' }),
    );
  });
  t.same(await ari.asterisk.ping(), { ping: 'pong' });
  second.terminate();
  await until(() => !ari.isConnected, 'the end');
  t.match(await errorOf(ari.asterisk.ping()), { code: 'ari-unreachable' });
});

t.test('whoever does not know the password, or comes after closing, is turned away', async (t) => {
  const { ari, journal, call, url } = await listening(t);
  for (const stranger of [call('wrong'), call(''), new WebSocket(url)]) {
    const [error] = await once(stranger, 'error');
    t.match(error.message, /401/);
  }
  t.same(journal, []);
  await ari.close();
  const [late] = await once(call(), 'error');
  t.match(late.message, /503/);
});

t.test('a call that goes silent is cut', async (t) => {
  const { ari, journal, call } = await listening(t, { pingIntervalMs: 20, pingTimeoutMs: 40 });
  const ws = call();
  ws.on('error', () => {});
  await once(ws, 'open');
  await until(() => ari.isConnected, 'accepted');
  ws.pause();
  await until(() => journal.length === 2, 'silence noticed');
  t.same(journal, ['connected 1', 'disconnected 1 silent']);
});
