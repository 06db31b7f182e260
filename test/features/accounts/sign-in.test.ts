import { createHash } from 'node:crypto';
import t from 'tap';
import { signInLimits } from '../../../src/features/accounts/sign-in-limits.ts';
import { accountsServer, cookieOf, makePerson, password } from '../../support/accounts-server.ts';
import { waitFor } from '../../support/wait-for.ts';

const attempt = (login: string, with_ = 'wrong password') => ({ body: { login, password: with_ } });

t.test('a person signs in, is told what he may do, and signs out', async (t) => {
  const server = await accountsServer(t);
  const { ask, database } = server;
  const id = await makePerson(server, { login: 'Sophie', teams: ['Ventes'], endpoint: 'PJSIP/1901' });
  const answer = await ask('POST', '/api/session', attempt(' SOPHIE ', password));
  t.equal(answer.status, 200);
  t.match(answer.body, {
    person: { id, login: 'sophie', roles: ['supervisor'], teams: [{ name: 'Ventes' }], device: 'PJSIP/1901' },
    permissions: ['live.view', 'calls.view'],
    expiresAt: '2026-11-21T21:00:00.000Z',
  });
  const [flags] = answer.headers.getSetCookie();
  t.match(flags, /^vigie_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
  const cookie = cookieOf(answer);
  const token = cookie.split('=')[1]!;
  const rows = await database.db.selectFrom('sessions').selectAll().execute();
  t.equal(rows.length, 1);
  t.same(rows[0]!.token_hash, createHash('sha256').update(token).digest(), 'only its hash is kept');

  t.match(await ask('GET', '/api/session', { cookie }), { status: 200, body: { person: { id } } });
  t.match(await ask('GET', '/api/session', { cookie: `a=b; ${cookie}; c=d` }), { status: 200 });
  const strange = [
    '',
    'vigie_session=',
    `${cookie}x`,
    cookie.slice(0, -1),
    cookie.replace(/.$/, '!'),
    'vigie_session',
  ];
  for (const other of strange) {
    t.match(await ask('GET', '/api/session', { cookie: other }), {
      status: 401,
      body: { code: 'not-signed-in' },
    });
  }
  const out = await ask('DELETE', '/api/session', { cookie });
  t.equal(out.status, 204);
  t.match(out.headers.getSetCookie()[0], /^vigie_session=; .*Expires=Thu, 01 Jan 1970/);
  t.match(await ask('GET', '/api/session', { cookie }), { status: 401 });
  t.equal((await ask('DELETE', '/api/session', { cookie })).status, 204, 'signing out twice is fine');
});

t.test('behind https the cookie never travels without', async (t) => {
  const server = await accountsServer(t, { publicUrl: 'https://vigie.example.fr' });
  await makePerson(server, { login: 'sophie' });
  const answer = await server.ask('POST', '/api/session', attempt('sophie', password));
  t.match(answer.headers.getSetCookie()[0], /; HttpOnly; Secure; SameSite=Strict$/);
});

t.test('an unknown login answers like a wrong password, in the same time', async (t) => {
  const server = await accountsServer(t);
  await makePerson(server, { login: 'sophie' });
  const spent: Record<string, number[]> = { sophie: [], nobody: [] };
  const bodies = new Set<string>();
  for (let i = 0; i < 12; i++) {
    for (const login of ['sophie', 'nobody']) {
      const began = performance.now();
      const { status, body } = await server.ask('POST', '/api/session', {
        ...attempt(login),
        from: `192.0.2.${i}`,
      });
      spent[login]!.push(performance.now() - began);
      t.equal(status, 401);
      bodies.add(JSON.stringify({ ...body, requestId: '' }));
    }
  }
  t.equal(bodies.size, 1);
  t.match([...bodies][0], /bad-credentials/);
  // The fastest of each: what else the machine does can only add.
  const [known, unknown] = [Math.min(...spent['sophie']!), Math.min(...spent['nobody']!)];
  const difference = Math.abs(known - unknown);
  t.ok(difference < Math.max(known, unknown) * 0.5, `${known.toFixed(1)} and ${unknown.toFixed(1)} ms`);
});

t.test('hostile words are only wrong words', async (t) => {
  const server = await accountsServer(t);
  await makePerson(server, { login: 'sophie' });
  for (const login of ["' or 1=1 --", '‮eihpos', '🙂', 'ѕophie', '$(id)', '%00', '\u{1d4b8}'.repeat(50)]) {
    const { status, body } = await server.ask('POST', '/api/session', attempt(login, password));
    t.match({ status, body }, { status: 401, body: { code: 'bad-credentials' } }, login);
  }
  t.match(await server.ask('POST', '/api/session', attempt('a\0b')), { status: 400 });
  t.match(await server.ask('POST', '/api/session', attempt('x'.repeat(101))), {
    body: { code: 'validation-failed' },
  });
  t.match(await server.ask('POST', '/api/session', attempt('sophie', 'p'.repeat(1_001))), { status: 400 });
  t.match(await server.ask('POST', '/api/session', { body: { login: { $gt: '' }, password } }), {
    status: 400,
  });
});

t.test('wrong passwords are limited per login and address; the right one waits too', async (t) => {
  const server = await accountsServer(t);
  const { ask, time } = server;
  await makePerson(server, { login: 'sophie' });
  const from = '198.51.100.7';
  for (let i = 0; i < signInLimits.pairMax; i++) {
    t.equal((await ask('POST', '/api/session', { ...attempt('sophie'), from })).status, 401);
    time.now += 1_000;
  }
  for (const login of ['sophie', 'sophie', 'SOPHIE']) {
    const refused = await ask('POST', '/api/session', { ...attempt(login, password), from });
    t.match(refused, { status: 429, body: { code: 'too-many-attempts' } });
    t.equal(Number(refused.headers.get('retry-after')), signInLimits.windowMs / 1_000 - signInLimits.pairMax);
  }
  const elsewhere = await ask('POST', '/api/session', {
    ...attempt('sophie', password),
    from: '198.51.100.8',
  });
  t.equal(elsewhere.status, 200, 'at another address she signs in');
  t.equal(
    (await ask('POST', '/api/session', { ...attempt('bob'), from })).status,
    401,
    'others there are not held up',
  );
  time.now += signInLimits.windowMs;
  t.equal(
    (await ask('POST', '/api/session', { ...attempt('sophie', password), from })).status,
    200,
    'then she may',
  );
});

t.test('unknown logins are limited alike, so the limit tells nothing', async (t) => {
  const { ask } = await accountsServer(t);
  const statuses: number[] = [];
  for (let i = 0; i < 7; i++) statuses.push((await ask('POST', '/api/session', attempt('nobody'))).status);
  t.same(statuses, [401, 401, 401, 401, 401, 429, 429]);
});

t.test('many attempts at once do not pass the limit together', async (t) => {
  const server = await accountsServer(t);
  await makePerson(server, { login: 'sophie' });
  const answers = await Promise.all(
    Array.from({ length: 40 }, () =>
      server.ask('POST', '/api/session', { ...attempt('sophie'), from: '198.51.100.9' }),
    ),
  );
  const tried = answers.filter((answer) => answer.status === 401).length;
  t.ok(tried <= signInLimits.pairMax, `${tried} were tried`);
  t.ok(answers.every((answer) => answer.status === 401 || answer.status === 429));
});

t.test('strangers do not lock a login out of its office, nor one colleague the others', async (t) => {
  const server = await accountsServer(t);
  const { ask, time, database } = server;
  await makePerson(server, { login: 'sophie' });
  const office = '203.0.113.1';
  const right = (login: string, from: string) =>
    ask('POST', '/api/session', { ...attempt(login, password), from });
  t.equal((await right('sophie', office)).status, 200, 'the office is known for her from now on');
  for (let i = 0; i < signInLimits.loginMax; i++) {
    const from = `198.51.100.${i}`;
    t.equal((await ask('POST', '/api/session', { ...attempt('sophie'), from })).status, 401);
  }
  t.equal((await right('sophie', '198.51.100.99')).status, 429, 'her login is closed to new addresses');
  t.equal((await right('sophie', office)).status, 200, 'and open at her office');

  const many = Array.from({ length: signInLimits.addressMax }, (_, i) => ({
    login: `typo${i}`,
    address: office,
    at: new Date(time.now),
  }));
  await database.db.insertInto('sign_in_failures').values(many).execute();
  await makePerson(server, { login: 'newcomer' });
  t.equal(
    (await right('newcomer', office)).status,
    429,
    'an address that guesses is closed to logins new there',
  );
  t.equal((await right('sophie', office)).status, 200, 'and open to those known there');
});

t.test('an IPv6 customer is one address, whatever its last half', async (t) => {
  const server = await accountsServer(t);
  const statuses: number[] = [];
  for (let i = 1; i <= 7; i++) {
    const from = `2001:db8:1:2:${i}:${i}::${i}`;
    statuses.push((await server.ask('POST', '/api/session', { ...attempt('sophie'), from })).status);
  }
  t.same(statuses, [401, 401, 401, 401, 401, 429, 429]);
  const neighbour = await server.ask('POST', '/api/session', {
    ...attempt('sophie'),
    from: '2001:db8:1:3::1',
  });
  t.equal(neighbour.status, 401);
});

t.test(
  'a session ends after SESSION_HOURS, when it is revoked, and when the person is disabled',
  async (t) => {
    const server = await accountsServer(t, { sessionHours: 2 });
    const { ask, time, signIn } = server;
    await makePerson(server, { login: 'root', roles: ['admin'] });
    const id = await makePerson(server, { login: 'sophie' });
    const status = async (cookie: string) => (await ask('GET', '/api/session', { cookie })).status;

    const first = await signIn('sophie');
    time.now += 2 * 3_600_000 - 1_000;
    t.equal(await status(first), 200);
    time.now += 1_000;
    t.equal(await status(first), 401, 'expired');

    const admin = await signIn('root');
    const second = await signIn('sophie');
    t.equal((await ask('DELETE', `/api/people/${id}/sessions`, { cookie: admin })).status, 204);
    t.equal(await status(second), 401, 'revoked');

    const third = await signIn('sophie');
    t.equal(
      (await ask('PATCH', `/api/people/${id}`, { cookie: admin, body: { disabled: true } })).status,
      200,
    );
    t.equal(await status(third), 401, 'disabled');
    t.match(await ask('POST', '/api/session', attempt('sophie', password)), {
      body: { code: 'bad-credentials' },
    });
    await ask('PATCH', `/api/people/${id}`, { cookie: admin, body: { disabled: false } });
    t.equal(await status(third), 401, 'an ended session stays ended');
    t.equal(await status(await signIn('sophie')), 200);
  },
);

t.test('rights that change hold from the next request on', async (t) => {
  const server = await accountsServer(t);
  const id = await makePerson(server, { login: 'sophie', roles: ['manager'] });
  const cookie = await server.signIn('sophie');
  t.equal((await server.ask('GET', '/api/people', { cookie })).status, 200);
  await server.accounts.people.change('command-line', id, { roles: ['supervisor'] });
  t.match(await server.ask('GET', '/api/people', { cookie }), { status: 403, body: { code: 'not-allowed' } });
});

t.test(
  'a long-lived connection hears within a second that its session ended, wherever that was done',
  async (t) => {
    const server = await accountsServer(t);
    const { accounts, database } = server;
    await makePerson(server, { login: 'sophie' });
    const directory = { byId: () => undefined, onChange: () => () => {} };
    const live = accounts.liveSessions(directory as unknown as Parameters<typeof accounts.liveSessions>[0]);
    const ended: string[] = [];
    t.teardown(live.onRevoked((key) => ended.push(key)));

    const here = await server.signIn('sophie');
    const opened = await live.open(here);
    t.match(opened, { viewer: { name: 'Name of sophie' }, expiresAtMs: Date.parse('2026-11-21T21:00:00Z') });
    await server.ask('DELETE', '/api/session', { cookie: here });
    t.same(ended, [opened!.sessionKey], 'at once when it was done here');

    const tookMs: number[] = [];
    for (let round = 0; round < 3; round++) {
      const there = await live.open(await server.signIn('sophie'));
      await database.db.updateTable('people').set({ disabled_at: new Date() }).execute();
      const began = performance.now();
      await waitFor(() => ended.includes(there!.sessionKey));
      tookMs.push(performance.now() - began);
      await database.db.updateTable('people').set({ disabled_at: null }).execute();
    }
    // The fastest: a machine that is busy with other tests is no fault of ours.
    t.ok(Math.min(...tookMs) < 1_000, `by another process: ${tookMs.map(Math.round).join(', ')} ms`);
    t.equal(await live.open('vigie_session=nothing'), null);
  },
);

t.test('one’s own password: the old one is asked for, and the other sessions end', async (t) => {
  const server = await accountsServer(t);
  const { ask } = server;
  await makePerson(server, { login: 'sophie' });
  const here = await server.signIn('sophie');
  const there = await server.signIn('sophie');
  const put = (body: unknown) => ask('PUT', '/api/session/password', { cookie: here, body });
  t.match(await put({ current: 'not this one', password: 'a new password' }), {
    body: { code: 'bad-credentials' },
  });
  t.match(await put({ current: password, password: 'short' }), {
    body: { code: 'validation-failed', field: 'password' },
  });
  t.equal((await put({ current: password, password: 'a new password' })).status, 204);
  t.equal((await ask('GET', '/api/session', { cookie: here })).status, 200);
  t.equal((await ask('GET', '/api/session', { cookie: there })).status, 401);
  await t.rejects(server.signIn('sophie', password), /bad-credentials/);
  await server.signIn('sophie', 'a new password');
});

t.test(
  'signing in again ends the browser’s earlier session, and a person keeps twenty at most',
  async (t) => {
    const server = await accountsServer(t);
    const { ask } = server;
    await makePerson(server, { login: 'sophie' });
    const first = await server.signIn('sophie');
    const second = cookieOf(
      await ask('POST', '/api/session', { ...attempt('sophie', password), cookie: first }),
    );
    t.equal((await ask('GET', '/api/session', { cookie: first })).status, 401);
    for (let i = 0; i < 20; i++) {
      server.time.now += 10;
      await server.signIn('sophie');
    }
    t.equal((await ask('GET', '/api/session', { cookie: second })).status, 401, 'the oldest went');
  },
);
