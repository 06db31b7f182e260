import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { backoffMs } from '../../src/asterisk-ari-client/backoff.ts';
import { createSkipper } from '../../src/asterisk-ari-client/frames.ts';
import type { AriClient, AriFrameMeta } from '../../src/asterisk-ari-client/index.ts';
import { clientOf, errorOf, startFake, until } from './fake-asterisk.ts';

/** What a client reported, in order. */
function journalOf(ari: AriClient): string[] {
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

t.test('a half-open link is found within two seconds, and cut', async (t) => {
  const fake = await startFake(t);
  fake.greet = ({ socket }) => void socket.pause();
  const ari = clientOf(t, fake);
  const journal = journalOf(ari);
  ari.connect();
  await ari.whenConnected();
  const startedAtMs = performance.now();
  await until(() => journal.length >= 2, 'silence noticed');
  t.equal(journal[1], 'disconnected 1 silent');
  t.ok(performance.now() - startedAtMs < 2200);
  fake.greet = () => {};
  await until(() => ari.stats().generation === 2, 'reconnected');
});

t.test('a process that was stuck does not take its own silence for the other side’s', async (t) => {
  const worker = new Worker(new URL('./pong-worker.ts', import.meta.url));
  t.teardown(() => worker.terminate());
  const [port] = await once(worker, 'message');
  const fake = { url: `http://127.0.0.1:${port}`, username: 'u', password: 'p' };
  const ari = clientOf(t, fake, { pingIntervalMs: 20, pingTimeoutMs: 150 });
  const journal = journalOf(ari);
  ari.connect();
  await ari.whenConnected();
  // Due together with the pings: right after one has been sent, its answer waits unread far beyond its time.
  let blocks = 0;
  const block = () => {
    blocks += 1;
    const endAtMs = performance.now() + 300;
    while (performance.now() < endAtMs);
  };
  const blocker = setInterval(() => setImmediate(block), 20);
  await until(() => blocks >= 5, 'stuck five times');
  clearInterval(blocker);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(journal, ['connected 1']);
});

t.test(
  'a reset, a goodbye, a frame beyond the limit and a broken frame each have a reason; all reconnect',
  async (t) => {
    const fake = await startFake(t);
    const misdeeds: ((connection: (typeof fake.connections)[number]) => void)[] = [
      ({ socket }) => void socket.resetAndDestroy(),
      ({ ws }) => ws.close(1001),
      ({ ws }) => ws.send(JSON.stringify({ type: 'Dial', dialstring: 'x'.repeat(11 * 1024 * 1024) })),
      ({ socket }) => void socket.write(Buffer.from([0xff, 0xff, 0xff])),
    ];
    fake.greet = (connection) => misdeeds.shift()?.(connection);
    const ari = clientOf(t, fake);
    const journal = journalOf(ari);
    ari.connect();
    await until(() => ari.stats().generation === 5, 'fifth connection');
    t.same(journal, [
      'connected 1',
      'disconnected 1 cut',
      'connected 2',
      'disconnected 2 closed-by-server',
      'connected 3',
      'disconnected 3 frame-too-large',
      'connected 4',
      'disconnected 4 protocol-error',
      'connected 5',
    ]);
  },
);

t.test('a server that closes right after accepting is not stormed', async (t) => {
  const fake = await startFake(t);
  fake.greet = ({ ws }) => ws.close();
  const ari = clientOf(t, fake, { reconnectMinMs: 20, reconnectMaxMs: 10_000 });
  ari.connect();
  await until(() => fake.handshakes >= 5, 'five attempts', 10_000);
  // 20, 40, 80, 160 ms, each at least half of it
  const startedAtMs = performance.now();
  await until(() => fake.handshakes >= 6, 'the sixth', 10_000);
  t.ok(performance.now() - startedAtMs > 100, 'waits grow although each connection opened');
  t.ok(ari.stats().generation >= 5);
});

t.test('waits double up to the cap, jittered, for ever', async (t) => {
  const limits = { minMs: 100, maxMs: 1000 };
  t.same(
    [1, 2, 3, 4, 5, 2000].map((n) => backoffMs(n, limits, () => 1)),
    [100, 200, 400, 800, 1000, 1000],
  );
  t.same(
    [1, 5].map((n) => backoffMs(n, limits, () => 0)),
    [50, 500],
  );
});

t.test(
  'a wrong password, a refusal, another protocol and silence are told apart, and tried again',
  async (t) => {
    const fake = await startFake(t);
    const refusals: [string, string][] = [
      ['HTTP/1.1 503 Service Unavailable\r\n\r\n', 'failed refused 503'],
      ['HTTP/1.1 404 Not Found\r\n\r\n', 'failed refused 404'],
      ['HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\n\r\n', 'failed refused 302'],
      ['SSH-2.0-OpenSSH\r\n', 'failed protocol-error'],
      ['', 'failed timeout'],
      ['HTTP/1.1 401 Unauthorized\r\n\r\n', 'failed unauthorized 401'],
    ];
    const answers = refusals.map(([answer]) => answer);
    fake.refuse = (socket) => {
      const answer = answers.shift();
      if (answer === undefined) fake.refuse = undefined;
      if (answer) socket.end(answer);
      else if (answer === undefined) socket.destroy();
    };
    const ari = clientOf(t, fake, { connectTimeoutMs: 100, unauthorizedRetryMs: 50 });
    const journal = journalOf(ari);
    ari.connect();
    await until(() => ari.isConnected, 'connected in the end');
    t.same(
      journal.slice(0, 6),
      refusals.map(([, line]) => line),
    );
    t.equal(journal.at(-1), 'connected 1');
  },
);

t.test('a refused password is tried again slowly; whoever waits is told', async (t) => {
  const fake = await startFake(t);
  const ari = clientOf(t, fake, { password: 'wrong', unauthorizedRetryMs: 60_000 });
  const failures: number[] = [];
  ari.on('connectFailed', ({ retryInMs }) => failures.push(retryInMs));
  ari.connect();
  const error = await errorOf(ari.whenConnected({ timeoutMs: 200 }));
  t.match(error, { code: 'ari-unauthorized', status: 401 });
  t.ok(failures.length === 1 && (failures[0] ?? 0) >= 30_000);
  const waiting = errorOf(ari.whenConnected());
  await ari.close();
  t.match(await waiting, { code: 'ari-closed' });
});

t.test('a server that is away and comes back is found again', async (t) => {
  const fake = await startFake(t);
  const ari = clientOf(t, fake);
  const journal = journalOf(ari);
  ari.connect();
  await ari.whenConnected();
  await fake.stop();
  await until(() => journal.includes('failed unreachable'), 'away');
  const back = await startFake(t, { port: fake.port });
  await until(() => ari.isConnected, 'back');
  t.equal(ari.stats().generation, 2);
  t.equal(back.handshakes, 1);
});

t.test('a client whose application was taken over says so, and returns only when it is free', async (t) => {
  const fake = await startFake(t);
  let isHeld = true;
  fake.answer = ({ url }, response) => {
    response.writeHead(url === '/ari/applications/app' && isHeld ? 200 : 404).end('{}');
  };
  const ari = clientOf(t, fake);
  const journal = journalOf(ari);
  ari.connect();
  await ari.whenConnected();
  fake.connections[0]?.sendEvent('ApplicationReplaced');
  await until(() => fake.requests.length >= 3, 'it looks whether the application is free');
  t.same(journal, ['connected 1', 'ApplicationReplaced 1.1', 'replaced 1', 'disconnected 1 replaced']);
  t.equal(fake.handshakes, 1);
  isHeld = false;
  await until(() => ari.isConnected, 'back');
  t.equal(ari.stats().generation, 2);
});

t.test(
  'closing takes no longer than its limit and no event follows, even against a deaf server',
  async (t) => {
    const fake = await startFake(t);
    fake.greet = ({ socket }) => void socket.pause();
    const ari = clientOf(t, fake, { closeTimeoutMs: 100 });
    const journal = journalOf(ari);
    ari.connect();
    await ari.whenConnected();
    const startedAtMs = performance.now();
    await ari.close();
    t.ok(performance.now() - startedAtMs < 1000);
    t.same(journal, ['connected 1', 'disconnected 1 closed']);
    t.equal(ari.isConnected, false);

    const dialling = clientOf(t, fake);
    fake.refuse = () => {};
    dialling.connect();
    await until(() => fake.handshakes === 2, 'a handshake under way');
    await dialling.close();
  },
);

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
