/** The ARI client against real Asterisk. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { startLab } from '../../scripts/lab/index.ts';
import {
  type AriClientOptions,
  type AriEvent,
  type AriSession,
  createAriAcceptor,
  createAriClient,
} from '../../src/asterisk-ari-client/index.ts';
import { errorOf, until } from '../asterisk-ari-client/fake-asterisk.ts';

const dialplan = `
[ari-client]
exten => answer,1,Answer()
 same => n,Wait(60)
 same => n,Hangup()
`;

const outboundPassword = 'out w:rd';
const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const outboundUrl = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/from-asterisk`;

const acceptor = createAriAcceptor({ app: 'outbound', username: 'pbx', password: outboundPassword });
server.on('upgrade', acceptor.handleUpgrade);

const lab = await startLab({
  name: 'ari-client',
  pbx: {
    dialplan,
    append: {
      'websocket_client.conf': `
[to-us]
type = websocket_client
uri = ${outboundUrl}
protocols = ari
connection_type = persistent
username = pbx
password = ${outboundPassword}
reconnect_interval = 500
reconnect_attempts = 1000`,
      'ari.conf': `
[outbound]
type = outbound_websocket
websocket_client_id = to-us
apps = outbound
subscribe_all = no
local_ari_user = vigie`,
    },
  },
});
t.teardown(async () => {
  await acceptor.close();
  server.close();
  await lab.stop();
});

let apps = 0;
function client(t: Test, options: Partial<AriClientOptions> = {}) {
  const { ariUrl: url, ariUsername: username, ariPassword: password } = lab.pbx;
  apps += 1;
  const ari = createAriClient({
    url,
    username,
    password,
    app: `ari-client-${apps}`,
    // Not subscribeAll: each end of a client could then lock Asterisk's ARI (asterisk/asterisk#2170).
    ...options,
  });
  t.teardown(() => ari.close());
  return { ari, app: options.app ?? `ari-client-${apps}` };
}

async function connected(t: Test, options: Partial<AriClientOptions> = {}) {
  const made = client(t, options);
  const journal = eventsOf(made.ari);
  made.ari.connect();
  await made.ari.whenConnected();
  return { ...made, ...journal };
}

/** Events as they come, and a way to wait for one. */
function eventsOf(ari: AriSession) {
  const events: AriEvent[] = [];
  ari.on('event', (event) => events.push(event));
  const seen = <Type extends AriEvent['type']>(type: Type) => events.find((event) => event.type === type);
  return { events, seen, wait: (type: AriEvent['type']) => until(() => seen(type) !== undefined, type) };
}

const answering = 'Local/answer@ari-client/n';

t.test('a channel is originated, spied on and hung up; its events are typed', async (t) => {
  const { ari, app, wait, seen, events } = await connected(t);
  const channelId = `a+b c/é?${app}`;
  const variables = { MARK: 'x, "é" & = + %', 'CHANNEL(language)': 'fr' };
  const channel = await ari.channels.originateWithId({
    channelId,
    endpoint: answering,
    app,
    appArgs: 'one,two',
    variables,
  });
  t.match(channel, { id: channelId, language: 'fr' });
  await wait('StasisStart');
  t.match(seen('StasisStart'), { args: ['one', 'two'], channel: { id: channelId }, application: app });
  t.same(await ari.channels.getChannelVar({ channelId, variable: 'MARK' }), { value: variables.MARK });

  const snoopId = `snoop-${app}`;
  const snoop = await ari.channels.snoopChannelWithId({
    channelId,
    snoopId,
    app,
    spy: 'both',
    whisper: 'out',
  });
  t.match(snoop, { id: snoopId, name: /^Snoop\// });
  const snoopStarted = () =>
    events.some((event) => event.type === 'StasisStart' && event.channel.id === snoopId);
  await until(snoopStarted, 'the snoop to start');
  const bridge = await ari.bridges.create({ type: 'mixing', name: 'test' });
  await ari.bridges.addChannel({ bridgeId: bridge.id, channel: [channelId, snoopId] });
  t.same((await ari.bridges.get({ bridgeId: bridge.id })).channels.length, 2);
  await ari.bridges.destroy({ bridgeId: bridge.id });

  await ari.channels.hangup({ channelId, reason_code: '17' });
  await until(
    () => events.some((event) => event.type === 'ChannelDestroyed' && event.channel.id === channelId),
    'the end of the channel',
  );
  t.match(await errorOf(ari.channels.hangup({ channelId })), { code: 'ari-http', status: 404 });
  t.match(ari.stats(), { badJson: 0, notAnEvent: 0, unknownEvents: 0, handlerErrors: 0 });
});

t.test('what Asterisk refuses is told apart', async (t) => {
  const { ari } = client(t);
  t.equal((await ari.asterisk.ping()).ping, 'pong');
  const gone = await errorOf(ari.channels.get({ channelId: 'nobody' }));
  t.equal(gone.message, 'GET /channels/nobody: 404 Channel not found');
  t.match(await errorOf(ari.channels.originate({ endpoint: answering })), { code: 'ari-http', status: 400 });

  const { username, password, readOnlyUsername } = lab.pbx.secondAri;
  const { ari: reader } = client(t, { username: readOnlyUsername, password });
  t.ok(Array.isArray(await reader.channels.list()));
  t.match(await errorOf(reader.bridges.create()), { code: 'ari-http', status: 403 });

  const { ari: stranger } = client(t, { username, password: 'wrong' });
  t.match(await errorOf(stranger.asterisk.ping()), { code: 'ari-unauthorized', status: 401 });
  stranger.connect();
  t.match(await errorOf(stranger.whenConnected({ timeoutMs: 500 })), { code: 'ari-unauthorized' });
});

t.test('the watchdog is content with Asterisk, and idle HTTP connections do no harm', async (t) => {
  const { ari } = await connected(t, { pingIntervalMs: 20, pingTimeoutMs: 500 });
  const startedAtMs = Date.now();
  // Fifty pings.
  await until(() => Date.now() - startedAtMs > 1000, 'some time');
  t.equal(ari.stats().generation, 1);
  t.equal((await ari.asterisk.ping()).ping, 'pong');
});

for (const restTransport of ['http', 'websocket'] as const) {
  t.test(
    `by ${restTransport}: only the wanted events are sent, and requests are still answered`,
    async (t) => {
      const { ari, app, events, wait } = await connected(t, { restTransport });
      await ari.filterEvents(['StasisStart', 'ChannelDestroyed']);
      const channel = await ari.channels.originate({ endpoint: answering, app, variables: { MARK: 'é&"' } });
      await wait('StasisStart');
      t.same(await ari.channels.getChannelVar({ channelId: channel.id, variable: 'MARK' }), { value: 'é&"' });
      await ari.channels.setChannelVar({ channelId: channel.id, variable: 'MARK', value: 'a+b c&d=é' });
      t.same(await ari.channels.getChannelVar({ channelId: channel.id, variable: 'MARK' }), {
        value: 'a+b c&d=é',
      });
      t.match(await errorOf(ari.channels.get({ channelId: 'nobody' })), { code: 'ari-http', status: 404 });
      await ari.channels.hangup({ channelId: channel.id });
      await wait('ChannelDestroyed');
      t.same([...new Set(events.map(({ type }) => type))], ['StasisStart', 'ChannelDestroyed']);
      t.equal(ari.stats().requests.waiting, 0);
    },
  );
}

t.test(
  'two clients of one application: the first is told, and returns when the second has gone',
  async (t) => {
    const first = await connected(t, { replacedRetryMs: 50 });
    // Even behind a filter: Asterisk's own would hide the news.
    await first.ari.filterEvents(['StasisEnd']);
    const second = client(t, { app: first.app });
    const journal: string[] = [];
    first.ari.on('replaced', () => journal.push('replaced'));
    first.ari.on('disconnected', ({ reason }) => journal.push(reason));
    second.ari.connect();
    await until(() => journal.length === 2, 'the first to be replaced');
    t.same(journal, ['replaced', 'replaced']);
    const { generation } = first.ari.stats();
    t.ok(second.ari.isConnected && !first.ari.isConnected);
    await second.ari.close();
    await first.ari.whenConnected();
    t.equal(first.ari.stats().generation, generation + 1);
  },
);

t.test('Asterisk opens the connection itself: events, requests, and nobody else may', async (t) => {
  await until(() => acceptor.isConnected, 'Asterisk to call', 10_000);
  const { wait, seen } = eventsOf(acceptor);
  const { generation } = acceptor.stats();
  const channel = await acceptor.channels.originate({
    endpoint: answering,
    app: 'outbound',
    variables: { A: 'b' },
  });
  await wait('StasisStart');
  t.match(seen('StasisStart'), { channel: { id: channel.id } });
  await acceptor.channels.hangup({ channelId: channel.id });

  const headers = { authorization: `Basic ${Buffer.from('pbx:wrong').toString('base64')}` };
  const stranger = new WebSocket(outboundUrl, ['ari'], { headers });
  const [error] = await once(stranger, 'error');
  t.match(error.message, /401/);
  t.ok(acceptor.isConnected && acceptor.stats().generation === generation, 'a stranger changes nothing');
});

t.test(
  'Asterisk is killed and comes back: requests fail by name, events go on in a new generation',
  async (t) => {
    const { ari, app, events } = await connected(t, { reconnectMinMs: 20, reconnectMaxMs: 200 });
    const lost = new Promise<string>((resolve) => {
      ari.on('disconnected', ({ reason }) => resolve(reason));
    });
    await lab.pbx.kill();
    t.equal(await lost, 'cut');
    t.match(await errorOf(ari.asterisk.ping()), { code: 'ari-unreachable' });
    await lab.pbx.start();
    await ari.whenConnected({ timeoutMs: 20_000 });
    t.equal(ari.stats().generation, 2);
    events.length = 0;
    const channel = await ari.channels.originate({ endpoint: answering, app });
    await until(() => events.some(({ type }) => type === 'StasisStart'), 'events after the restart');
    await ari.channels.hangup({ channelId: channel.id });
    await until(
      () => acceptor.stats().generation >= 2 && acceptor.isConnected,
      'the outbound websocket',
      10_000,
    );
  },
);
