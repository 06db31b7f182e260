import t from 'tap';
import { createSkipper } from '../../src/asterisk-ari-client/frames.ts';
import type { AriFrameMeta } from '../../src/asterisk-ari-client/index.ts';
import { clientOf, errorOf, journalOf, startFake, until } from './fake-asterisk.ts';

t.test('events arrive typed, numbered, from the first packet on', async (t) => {
  const fake = await startFake(t);
  fake.greet = ({ sendEvent }) => {
    sendEvent('ChannelDestroyed', { cause: 16, cause_txt: 'Normal Clearing', channel: { id: '1' } });
    sendEvent('ApplicationRegistered');
  };
  const ari = clientOf(t, fake, { app: 'vigie é&x', prefix: '/pbx', subscribeAll: true });
  const journal = journalOf(ari);
  const causes: number[] = [];
  const metas: AriFrameMeta[] = [];
  const stopListening = ari.onEvent('ChannelDestroyed', ({ cause, channel }, meta) => {
    causes.push(cause);
    metas.push(meta);
    t.equal(channel.id, '1');
  });
  ari.connect();
  ari.connect();
  await until(() => journal.length === 3, 'two events');
  t.same(journal, ['connected 1', 'ChannelDestroyed 1.1', 'ApplicationRegistered 1.2']);
  t.same(causes, [16]);
  t.ok(Math.abs((metas[0]?.receivedAtMs ?? 0) - Date.now()) < 5000);
  t.equal(fake.handshakes, 1, 'connecting twice is connecting once');
  t.equal(fake.connections[0]?.url, '/pbx/ari/events?app=vigie%20%C3%A9%26x&subscribeAll=true');

  stopListening();
  fake.connections[0]?.sendEvent('ChannelDestroyed', { cause: 17, channel: { id: '1' } });
  await until(() => journal.length === 4, 'one more event');
  t.same(causes, [16]);
});

t.test(
  'cut JSON, binary frames, unknown events, wrong shapes and broken text are counted, never fatal',
  async (t) => {
    const fake = await startFake(t);
    fake.greet = ({ ws, sendEvent }) => {
      ws.send('{"type":"StasisStart","channel":{"id":');
      ws.send(Buffer.from([0, 1, 2]), { binary: true });
      sendEvent('FutureEvent');
      for (const text of ['', 'null', '[]', '7', '{}', '{"type":7}', '"x"', '['.repeat(100_000)])
        ws.send(text);
      ws.send(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { binary: false });
      ws.send(Buffer.from('{"type":"Dial","dialstatus":"caf\xe9"}', 'latin1'), { binary: false });
      ws.send('{"type":"constructor"}');
      ws.send('{"type":"__proto__","__proto__":{"polluted":1}}');
      sendEvent('StasisEnd', { channel: { id: '1' } });
    };
    const ari = clientOf(t, fake);
    const journal = journalOf(ari);
    const texts: unknown[] = [];
    ari.onEvent('Dial', ({ dialstatus }) => texts.push(dialstatus));
    ari.connect();
    await until(() => journal.some((line) => line.startsWith('StasisEnd')), 'the good event after the bad');
    t.same(texts, ['caf\ufffd']);
    t.match(ari.stats(), {
      generation: 1,
      frames: 16,
      events: 2,
      badJson: 4,
      binary: 1,
      notAnEvent: 6,
      unknownEvents: 3,
    });
    t.equal(ari.stats().unknownTypes['FutureEvent'], 1);
    t.equal(({} as Record<string, unknown>)['polluted'], undefined);
    t.notMatch(journal.join(), /disconnected/);
  },
);

t.test('names of unknown types cannot fill the memory', async (t) => {
  const fake = await startFake(t);
  fake.greet = ({ sendEvent }) => {
    for (let i = 0; i < 500; i++) sendEvent(`Odd${i}${'x'.repeat(1000)}`);
  };
  const ari = clientOf(t, fake);
  ari.connect();
  await until(() => ari.stats().unknownEvents === 500, 'all');
  const names = Object.keys(ari.stats().unknownTypes);
  t.ok(names.length <= 50 && names.every((name) => name.length <= 100));
});

t.test('a handler that throws harms neither the others nor the connection', async (t) => {
  const fake = await startFake(t);
  fake.greet = ({ sendEvent }) => sendEvent('Dial');
  const logged: string[] = [];
  const log = { info() {}, warn: (_: object, message: string) => void logged.push(message) };
  const fail = () => {
    throw new Error('handler');
  };
  const ari = clientOf(t, fake, { log, onFrame: fail });
  ari.on('event', fail);
  ari.on('connected', fail);
  const journal = journalOf(ari);
  ari.connect();
  await until(() => journal.length === 2, 'the event');
  t.equal(ari.stats().handlerErrors, 3);
  t.equal(logged.length, 3);
  t.ok(ari.isConnected);
});

t.test('a reader sees the raw text of wanted frames; others are dropped unparsed', async (t) => {
  const fake = await startFake(t);
  fake.greet = ({ ws, sendEvent }) => {
    sendEvent('ChannelVarset', { value: '"type":"Dial"' });
    sendEvent('Dial', { peer: { type: 'ChannelVarset' } });
    ws.send('{ "type" : "Dial" }');
    sendEvent('StasisEnd');
  };
  const raw: string[] = [];
  const ari = clientOf(t, fake, {
    eventTypes: ['Dial', 'StasisEnd'],
    onFrame: (text, { generation, sequence }) => raw.push(`${generation}.${sequence} ${text}`),
  });
  const journal = journalOf(ari);
  ari.connect();
  await until(() => journal.length === 4, 'three events');
  t.same(journal, ['connected 1', 'Dial 1.2', 'Dial 1.3', 'StasisEnd 1.4']);
  t.match(ari.stats(), { frames: 4, skipped: 1, events: 3 });
  t.equal(raw[1], '1.3 { "type" : "Dial" }');
  const skips = createSkipper(['Dial']);
  t.equal(skips('{"a":"\\"type\\":\\"Dial\\"","type":"Other"}'), true, 'text that looks like a type is text');
  t.equal(skips('{"type":"ApplicationReplaced"}'), false);
  t.equal(skips('{"cut'), false, 'what cannot be told is left to the parser');
});

t.test('requests over the websocket: answers, refusals, silence and a cut', async (t) => {
  const fake = await startFake(t);
  const frames: Record<string, unknown>[] = [];
  let reply: (frame: Record<string, unknown>) => object | undefined = () => undefined;
  fake.greet = ({ ws }) => {
    ws.on('message', (data) => {
      const frame = JSON.parse(data.toString());
      frames.push(frame);
      const { request_id, transaction_id } = frame;
      const fields = reply(frame);
      if (fields) ws.send(JSON.stringify({ type: 'RESTResponse', request_id, transaction_id, ...fields }));
    });
  };
  const ari = clientOf(t, fake, { restTransport: 'websocket', eventTypes: ['Dial'] });
  t.match(await errorOf(ari.asterisk.ping()), { code: 'ari-unreachable', mayHaveRun: false });
  ari.connect();
  await ari.whenConnected();

  reply = () => ({ status_code: 200, message_body: '{"id":"c"}', content_type: 'application/json' });
  t.same(await ari.channels.originate({ endpoint: 'A/b&c', app: 'x', variables: { A: 'é' } }), { id: 'c' });
  t.match(frames[0], { type: 'RESTRequest', method: 'POST', uri: 'channels?endpoint=A%2Fb%26c&app=x' });
  t.same(JSON.parse(String(frames[0]?.['message_body'])), { variables: { A: 'é' } });
  reply = () => ({
    status_code: 404,
    reason_phrase: 'Not Found',
    message_body: '{"message":"Channel not found"}',
  });
  t.match(await errorOf(ari.channels.get({ channelId: 'c' })), { code: 'ari-http', status: 404 });
  reply = () => ({ request_id: 'not ours', status_code: 200 });
  t.match(await errorOf(ari.request('GET', '/channels', { timeoutMs: 50 })), { code: 'ari-timeout' });
  reply = () => void fake.connections[0]?.socket.resetAndDestroy();
  t.match(await errorOf(ari.asterisk.ping()), { code: 'ari-cut', mayHaveRun: true });
  t.equal(fake.requests.length, 0, 'nothing went over HTTP');
});
