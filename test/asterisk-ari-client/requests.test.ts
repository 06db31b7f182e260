import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import t from 'tap';
import { AriError, createAriClient } from '../../src/asterisk-ari-client/index.ts';
import { createLimiter } from '../../src/asterisk-ari-client/limiter.ts';
import { clientOf, errorOf, type FakeAsterisk, startFake } from './fake-asterisk.ts';

const json = (fake: FakeAsterisk, value: unknown, status = 200) => {
  fake.answer = (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
};

t.test(
  'an operation sends its path, query and body encoded, and credentials only in the header',
  async (t) => {
    const fake = await startFake(t, { password: 'pä:ss/w%rd?' });
    json(fake, { id: 'x' });
    const ari = clientOf(t, fake, { prefix: 'pbx1' });
    const params = {
      channelId: 'a/b?c#é\ud800',
      endpoint: 'Local/1+1@x&y=z',
      appArgs: 'un, deux',
      app: 'app',
      timeout: 30,
      variables: { 'CHANNEL(language)': 'fr', NAME: 'x" <b> &\n' },
    };
    t.same(await ari.channels.originateWithId(params), { id: 'x' });
    const [seen] = fake.requests;
    const url = new URL(seen?.url ?? '', fake.url);
    t.equal(url.pathname, '/pbx1/ari/channels/a%2Fb%3Fc%23%C3%A9%EF%BF%BD');
    t.same(Object.fromEntries(url.searchParams), {
      endpoint: params.endpoint,
      appArgs: 'un, deux',
      app: 'app',
      timeout: '30',
    });
    t.notMatch(seen?.url, /\+| /, 'blanks and plus signs are percent-encoded');
    t.same(JSON.parse(seen?.body ?? ''), { variables: params.variables });
    t.equal(Buffer.from(seen?.authorization.slice(6) ?? '', 'base64').toString(), 'vigie:pä:ss/w%rd?');
    t.notMatch(seen?.url, /api_key/);

    await ari.bridges.addChannel({ bridgeId: 'b', channel: ['one', 'two'] });
    t.equal(fake.requests[1]?.url, '/pbx1/ari/bridges/b/addChannel?channel=one%2Ctwo');
    await ari.applications.filter({ applicationName: 'app', filter: { allowed: [] } });
    t.same(JSON.parse(fake.requests[2]?.body ?? ''), { allowed: [] }, 'a filter is the body itself');
  },
);

t.test('a request that cannot be right never leaves', async (t) => {
  const fake = await startFake(t);
  const ari = clientOf(t, fake);
  const refused = [
    ari.channels.hangup({ channelId: '' }),
    ari.channels.hangup({ channelId: '..' }),
    ari.channels.hangup({} as never),
    ari.bridges.addChannel({ bridgeId: 'b', channel: ['a,b', 'c'] }),
    ari.request('GET', '/channels?api_key=x'),
    ari.request('GET', 'channels'),
    ari.request('GET', '/a\r\nb'),
    ari.request('TRACE' as 'GET', '/channels'),
  ];
  for (const promise of refused) t.equal((await errorOf(promise)).code, 'ari-invalid-argument');
  t.equal(fake.requests.length, 0);
  for (const url of ['ftp://h', 'nonsense', 'http://user:secret@h:1/ari', 'http://h/ari?api_key=secret']) {
    try {
      createAriClient({ url, username: 'u', password: 'p', app: 'a' });
      t.fail('accepted');
    } catch (error) {
      t.match(error, { code: 'ari-invalid-argument' });
      t.notMatch(String(error), /secret/);
    }
  }
});

t.test('a refusal is an AriError with status, method, path and what Asterisk said', async (t) => {
  const fake = await startFake(t);
  const ari = clientOf(t, fake);
  const error = await errorOf(ari.channels.get({ channelId: 'gone' }));
  t.ok(error instanceof AriError);
  t.match(error, { code: 'ari-http', status: 404, method: 'GET', path: '/channels/gone', mayHaveRun: false });
  t.equal(error.message, 'GET /channels/gone: 404 Channel not found');

  json(fake, { message: `a\u0000b\n${'x'.repeat(10_000)}` }, 500);
  const long = await errorOf(ari.asterisk.ping());
  t.ok(long.message.length < 400 && !/\p{Cc}/u.test(long.message), 'a hostile text fits on one line');
  json(fake, [null], 302);
  t.match(
    await errorOf(ari.asterisk.ping()),
    { code: 'ari-http', status: 302 },
    'a redirection is not followed',
  );
});

t.test('two PBXs with different passwords at once; a wrong password is reported as such', async (t) => {
  const [one, two] = await Promise.all([
    startFake(t, { password: 'one' }),
    startFake(t, { password: 'two' }),
  ]);
  json(one, { ping: 'one' });
  json(two, { ping: 'two' });
  const [ariOne, ariTwo] = [clientOf(t, one), clientOf(t, two)];
  const answers = await Promise.all([ariOne.asterisk.ping(), ariTwo.asterisk.ping(), ariOne.asterisk.ping()]);
  t.same(answers, [{ ping: 'one' }, { ping: 'two' }, { ping: 'one' }]);

  const stranger = clientOf(t, one, { password: 'swordfish' });
  const error = await errorOf(stranger.asterisk.ping());
  t.match(error, { code: 'ari-unauthorized', status: 401 });
  const secret = Buffer.from('vigie:swordfish').toString('base64');
  for (const shown of [
    inspect(error, { depth: 9 }),
    inspect(stranger, { depth: 9 }),
    JSON.stringify(stranger),
  ]) {
    t.notMatch(shown, 'swordfish');
    t.notMatch(shown, secret);
  }
});

t.test('every request settles by its deadline', async (t) => {
  const fake = await startFake(t);
  const ari = clientOf(t, fake);
  const behaviours: [string, FakeAsterisk['answer']][] = [
    ['no answer', () => {}],
    ['headers only', (_, response) => response.writeHead(200).flushHeaders()],
    ['half a body', (_, response) => response.writeHead(200, { 'content-length': 100 }).write('{"a":')],
  ];
  for (const [name, answer] of behaviours) {
    fake.answer = answer;
    const startedAtMs = performance.now();
    const error = await errorOf(ari.request('POST', '/channels', { timeoutMs: 60 }));
    t.match(error, { code: 'ari-timeout', mayHaveRun: true }, name);
    t.ok(performance.now() - startedAtMs < 1000, name);
  }
  t.match(ari.stats().requests, { inFlight: 0, waiting: 0, failed: behaviours.length });
});

t.test('a cut or senseless answer has a name', async (t) => {
  const fake = await startFake(t);
  const ari = clientOf(t, fake, { replyBytesMax: 1000 });
  fake.answer = ({ socket }) => socket.resetAndDestroy();
  t.match(await errorOf(ari.request('POST', '/channels')), { code: 'ari-cut', mayHaveRun: true });
  fake.answer = ({ socket }, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"a":', () => socket.destroy());
  };
  t.match(await errorOf(ari.asterisk.ping()), { code: 'ari-cut' });
  fake.answer = (_, response) => response.end('<html>not Asterisk</html>');
  t.match(await errorOf(ari.asterisk.ping()), { code: 'ari-bad-reply' });
  fake.answer = (_, response) => response.end('x'.repeat(5000));
  t.match(await errorOf(ari.asterisk.ping()), { code: 'ari-bad-reply' });
  fake.answer = (_, response) => response.writeHead(204).end();
  t.equal(await ari.asterisk.ping(), undefined);
  fake.answer = (_, response) =>
    response.writeHead(200, { 'content-type': 'audio/wav' }).end(Buffer.from([1, 255]));
  t.same(await ari.recordings.getStoredFile({ recordingName: 'r' }), Buffer.from([1, 255]));
  await fake.stop();
  t.match(await errorOf(ari.asterisk.ping()), { code: 'ari-unreachable', mayHaveRun: false });
});

t.test(
  'connections are reused; a stale one costs a GET nothing, and nothing is asked twice otherwise',
  async (t) => {
    const fake = await startFake(t);
    json(fake, { ping: 'pong' });
    const ari = clientOf(t, fake);
    for (let i = 0; i < 20; i++) await ari.asterisk.ping();
    t.equal(new Set(fake.requests.map(({ socket }) => socket)).size, 1);

    // The server resets the reused connection as the next request arrives.
    const answerWell = fake.answer;
    const resetOnce: FakeAsterisk['answer'] = ({ socket }) => {
      fake.answer = answerWell;
      socket.resetAndDestroy();
    };
    fake.answer = resetOnce;
    t.same(await ari.asterisk.ping(), { ping: 'pong' });
    fake.answer = resetOnce;
    const before = fake.requests.length;
    t.match(await errorOf(ari.channels.answer({ channelId: 'c' })), { code: 'ari-cut', mayHaveRun: true });
    t.equal(fake.requests.length, before + 1);
  },
);

t.test('requests wait their turn in a bounded queue', async (t) => {
  const fake = await startFake(t);
  const held: (() => void)[] = [];
  fake.answer = (_, response) => held.push(() => response.writeHead(204).end());
  const ari = clientOf(t, fake, { requestsInFlightMax: 2, requestsWaitingMax: 3, requestTimeoutMs: 300 });
  const five = Array.from({ length: 5 }, () => ari.asterisk.ping());
  t.match(await errorOf(ari.asterisk.ping()), { code: 'ari-busy', mayHaveRun: false });
  t.match(ari.stats().requests, { inFlight: 2, waiting: 3 });
  const results = await Promise.allSettled(five);
  t.ok(results.every((result) => result.status === 'rejected' && result.reason.code === 'ari-timeout'));
  t.equal(held.length, 2, 'those that waited never left');
  fake.answer = (_, response) => response.writeHead(204).end();
  await Promise.all(Array.from({ length: 5 }, () => ari.asterisk.ping()));
  t.match(ari.stats().requests, { inFlight: 0, waiting: 0 });
});

t.test('the queue is in order and gives its slots back', async (t) => {
  const limiter = createLimiter(1, 10);
  const order: number[] = [];
  const { signal } = new AbortController();
  const gone = new AbortController();
  await limiter.acquire(signal);
  const waiters = [1, 2, 3].map(async (i) => {
    await limiter.acquire(i === 2 ? gone.signal : signal);
    order.push(i);
    limiter.release();
  });
  gone.abort(new Error('gave up'));
  limiter.release();
  await Promise.allSettled(waiters);
  t.same(order, [1, 3]);
  t.match(limiter, { inFlight: 0, waiting: 0, isFull: false });
});

t.test('a caller can give up, and closing ends everything', async (t) => {
  const fake = await startFake(t);
  fake.answer = () => {};
  const ari = clientOf(t, fake);
  t.match(await errorOf(ari.asterisk.ping({}, { signal: AbortSignal.abort() })), {
    code: 'ari-aborted',
    mayHaveRun: false,
  });
  t.match(await errorOf(ari.asterisk.ping({}, { signal: AbortSignal.timeout(20) })), { code: 'ari-aborted' });
  const hanging = errorOf(ari.asterisk.ping());
  const startedAtMs = performance.now();
  await ari.close();
  t.match(await hanging, { code: 'ari-closed' });
  t.match(await errorOf(ari.asterisk.ping()), { code: 'ari-closed' });
  t.throws(() => ari.connect(), { code: 'ari-closed' });
  t.ok(performance.now() - startedAtMs < 500);
  await ari.close();
});

t.test('TLS is checked against the authority that the options name', async (t) => {
  const folder = t.testdir({});
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=pbx.test', '-addext', 'subjectAltName=DNS:pbx.test'];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...newKey, ...subject, '-out', cert], {
    stdio: 'ignore',
  });
  const fake = await startFake(t, { tls: { key: readFileSync(key), cert: readFileSync(cert) } });
  json(fake, { ping: 'pong' });
  const ari = clientOf(t, fake, { tls: { ca: readFileSync(cert), servername: 'pbx.test' } });
  t.same(await ari.asterisk.ping(), { ping: 'pong' });
  ari.connect();
  await ari.whenConnected();

  const careful = clientOf(t, fake);
  t.match(await errorOf(careful.asterisk.ping()), { code: 'ari-unreachable', mayHaveRun: false });
  careful.connect();
  t.match(await errorOf(careful.whenConnected({ timeoutMs: 200 })), { code: 'ari-unreachable' });
  t.equal(fake.requests.length, 1, 'the password was not shown to an unknown server');
});
