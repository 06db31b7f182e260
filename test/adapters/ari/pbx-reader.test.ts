/** The reader against an Asterisk that is too old, lacks modules, or sends what it should not. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { type WebSocket, WebSocketServer } from 'ws';
import { waitFor } from '../../../scripts/lab/tools.ts';
import { createPbxReader } from '../../../src/adapters/ari/pbx-reader.ts';
import { neededModules } from '../../../src/adapters/ari/requirements.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { createFactRecorder, createMemoryLog } from '../../support/facts.ts';

interface FakePbx {
  version: string;
  modules: readonly string[];
  channels: object[];
}

/** An Asterisk of few words: what a resync asks, and a websocket to send events by. */
async function serve(t: Test, pbx: FakePbx) {
  const sockets: WebSocket[] = [];
  const asked: string[] = [];
  const time = '2026-11-21T07:25:25.979+0000';
  const answers: Record<string, () => object> = {
    '/ari/asterisk/info': () => ({ system: { version: pbx.version }, status: { startup_time: time } }),
    '/ari/asterisk/modules': () => pbx.modules.map((name) => ({ name, status: 'Running' })),
    '/ari/asterisk/ping': () => ({ timestamp: time }),
    '/ari/channels': () => pbx.channels,
    '/ari/bridges': () => [],
    '/ari/endpoints': () => [],
    '/ari/applications/vigie/eventFilter': () => ({}),
    '/ari/applications/vigie/subscription': () => ({}),
  };
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    asked.push(`${request.method} ${path}`);
    const answer = answers[path];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer?.() ?? { message: 'not found' }));
  });
  const websockets = new WebSocketServer({ server });
  websockets.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.terminate();
    websockets.close();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets, asked };
}

async function read(t: Test, pbx: Partial<FakePbx> = {}) {
  const fake = await serve(t, { version: '22.10.1', modules: neededModules, channels: [], ...pbx });
  const recorder = createFactRecorder();
  const log = createMemoryLog();
  const reader = createPbxReader({
    name: 'main',
    ari: { url: `http://127.0.0.1:${fake.port}/ari`, username: 'u', password: 'p', app: 'vigie' },
    clock: systemClock,
    log,
    emit: recorder.take,
  });
  reader.start();
  t.teardown(() => reader.stop());
  return { ...fake, recorder, reader, log };
}

const channelOf = (id: string) => ({
  id,
  name: `PJSIP/1001-${id}`,
  state: 'Up',
  creationtime: '2026-11-21T07:25:25.979+0000',
});

t.test('An Asterisk that is too old is told with its version', async (t) => {
  const { recorder } = await read(t, { version: '16.28.0~dfsg' });
  t.match(await recorder.next('pbx-lost'), { why: 'too-old', detail: /16\.28\.0.*18 or newer/ });
  t.equal(recorder.of('pbx-connected').length, 0);
});

t.test('Missing modules are told by name', async (t) => {
  const { recorder } = await read(t, { modules: neededModules.slice(1) });
  t.match(await recorder.next('pbx-lost'), { why: 'refused', detail: new RegExp(neededModules[0]) });
});

t.test('Events that are not of their form cost nothing but themselves', async (t) => {
  const { recorder, sockets, log } = await read(t);
  await recorder.next('resynced');
  const send = (value: unknown) =>
    sockets[0]!.send(typeof value === 'string' ? value : JSON.stringify(value));
  const created = (channel: object | undefined) => ({
    type: 'ChannelCreated',
    timestamp: '2026-11-21T07:25:25.979+0000',
    channel,
  });
  send('{"type":"ChannelCreated","chan');
  send('[]');
  send(created(undefined));
  send({ type: 'Dial', dialstatus: 7 });
  send({ type: 'EndpointStateChange', endpoint: null });
  send({ type: 'ChannelDestroyed', timestamp: 'yesterday', channel: { id: 5, name: {} } });
  send(created({ ...channelOf('7'), caller: null, dialplan: null, channelvars: { 'CHANNEL(linkedid)': 3 } }));
  const fact = await recorder.next('leg-created');
  t.match(fact, { leg: { uniqueId: '7', linkedId: '', caller: { number: '', name: '' } } });
  t.match(log.text, 'An event could not be taken');
  t.equal(recorder.of('pbx-lost').length, 0);
});

t.test(
  'A reader that is suspended says so, leaves its connection, and tells all anew when it goes on',
  async (t) => {
    const { recorder, reader, sockets } = await read(t, { channels: [channelOf('1')] });
    const first = await recorder.next('resynced');
    reader.suspend('too much');
    t.match(await recorder.next('pbx-lost'), { why: 'disconnected', detail: 'too much' });
    await waitFor('the socket to close', () => sockets[0]!.readyState === sockets[0]!.CLOSED);
    const from = recorder.facts.length;
    reader.resume();
    const again = await recorder.next('resynced', () => true, { from });
    t.ok(again.generation > first.generation);
    t.same(again.liveUniqueIds, ['1']);
    t.equal(recorder.of('leg-vanished').length, 0);
  },
);

t.test('Without a known queue no helper channel is made, with one soon', async (t) => {
  const { recorder, asked, reader } = await read(t);
  await recorder.next('resynced');
  const creations = () => asked.filter((one) => one.endsWith('/channels/create')).length;
  t.equal(creations(), 0);
  reader.watchQueues(['sales']);
  await waitFor('the helper channel', () => creations() > 0, 3000);
  reader.need({ membership: false, deviceStates: true });
});
