import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { backoffMs } from '../../src/asterisk-ari-client/backoff.ts';
import { clientOf, errorOf, journalOf, startFake, until } from './fake-asterisk.ts';

/** Two defaults add up to it (README); what a person feels is tested at three times its aim. */
const foundAimMs = 2_000;

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
  t.ok(performance.now() - startedAtMs < 3 * foundAimMs);
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

t.test('a hundred broken connections leave nothing behind', async (t) => {
  const fake = await startFake(t);
  fake.greet = ({ socket }) => void socket.resetAndDestroy();
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));
  const timersBefore = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const ari = clientOf(t, fake, { reconnectMinMs: 1, reconnectMaxMs: 1 });
  ari.connect();
  await until(() => ari.stats().generation >= 100, 'a hundred connections', 20_000);
  await ari.close();
  const resources = process.getActiveResourcesInfo();
  t.ok(resources.filter((name) => name === 'Timeout').length <= timersBefore, resources.join());
  // One that was under way may still arrive; a client that comes back would do so every millisecond.
  let seen = { handshakes: -1, sinceMs: 0 };
  await until(
    () => {
      if (fake.handshakes !== seen.handshakes) seen = { handshakes: fake.handshakes, sinceMs: Date.now() };
      return Date.now() - seen.sinceMs > 100;
    },
    'a closed client to stay away',
    5_000,
  );
  t.same(warnings, []);
});
