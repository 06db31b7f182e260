import t from 'tap';
import { createLog } from '../../../src/adapters/log/log.ts';

function capture(level: Parameters<typeof createLog>[0] = 'debug') {
  const lines: string[] = [];
  const log = createLog(level, { write: (line: string) => void lines.push(line) });
  return { log, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown>, lines };
}

t.test('a line has its level, its time, its words and the fields bound to it', async (t) => {
  const { log, last } = capture();
  log.child({ callId: 'c1' }).info({ ms: 3, at: new Date(0) }, 'call ended');
  t.match(last(), { level: 'info', msg: 'call ended', callId: 'c1', ms: 3, at: '1970-01-01T00:00:00.000Z' });
  t.match(String(last()['time']), /^\d{4}-.*Z$/);
});

t.test('secrets never reach the log, however deep they are', async (t) => {
  const { log, lines } = capture();
  const secret = 'hunter2hunter2';
  const holders = {
    password: secret,
    newPassword: secret,
    ARI_PASSWORD: secret,
    passwd: secret,
    token: secret,
    sessionToken: secret,
    authorization: `Basic ${secret}`,
    headers: { cookie: `vigie_session=${secret}`, 'Set-Cookie': [secret] },
    config: { ami: { secret, api_key: secret, apiKey: secret } },
    list: [{ clientSecret: secret }],
    url: `postgres://vigie:${secret}@db/vigie`,
    err: new Error(`connect http://ari:${secret}@pbx:8088/ari failed`, {
      cause: Object.assign(new Error('deep'), { cause: { password: secret } }),
    }),
  };
  log.info(holders, 'all of them');
  log.child(holders).error({ nested: holders }, 'bound');
  log.warn({ err: Object.assign(new Error('x'), { password: secret }) }, 'on an error');
  for (const line of lines) t.notMatch(line, /hunter2/);
  t.equal(lines.length, 3);
});

t.test('phone numbers are cut to their last two digits; what is not one stays', async (t) => {
  const { log, last, lines } = capture();
  log.info(
    {
      callerNumber: '0612345678',
      number: 33612345678,
      caller: { number: '+33612345678', name: 'Zoé' },
      dialled: '0800123456',
      exten: '1001',
      text: 'from +33612345678 to 0612345678',
      callId: '01a1fd10-dcb8-70e5-b733-707a7e5c2584',
      uniqueId: '1795246153.42',
      sinceMs: 1795246153180,
      port: '8088',
    },
    'a call',
  );
  t.notMatch(lines[0], /61234567|80012345/);
  t.match(last(), {
    callerNumber: '…78',
    caller: { number: '…78', name: 'Zoé' },
    exten: '1001',
    text: 'from …78 to …78',
    callId: '01a1fd10-dcb8-70e5-b733-707a7e5c2584',
    uniqueId: '1795246153.42',
    sinceMs: 1795246153180,
    port: '8088',
  });
});

t.test('nothing logged can break the log', async (t) => {
  const { log, lines } = capture();
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const odd = {
    circle,
    big: 10n,
    buffer: Buffer.alloc(1_000_000),
    many: Array.from({ length: 100_000 }, (_, i) => i),
    long: 'x'.repeat(1_000_000),
    never: undefined,
    bad: new Date(Number.NaN),
    map: new Map([['a', 1]]),
    fn: () => 1,
    'line\nbreak': 'a\nb\u2028\u202e🙂\0',
  };
  log.info(odd, 'odd');
  log.info(Object.create(null), 'no prototype');
  t.equal(lines.length, 2);
  t.ok(lines[0]!.length < 20_000, `${lines[0]!.length} characters`);
  t.equal(lines[0]!.trimEnd().split('\n').length, 1, 'one line stays one line');
  for (const line of lines) JSON.parse(line);
});

t.test('lines below the level are not written', async (t) => {
  const { log, lines } = capture('warn');
  log.debug({}, 'no');
  log.info({}, 'no');
  log.warn({}, 'yes');
  t.equal(lines.length, 1);
});
