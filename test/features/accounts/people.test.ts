import t from 'tap';
import { accountsServer, makePerson, password } from '../../support/accounts-server.ts';

t.test('an administrator makes logins, changes them, and every change is in the audit log', async (t) => {
  const server = await accountsServer(t);
  const { ask, signIn } = server;
  const adminId = await makePerson(server, { login: 'root', roles: ['admin'] });
  const cookie = await signIn('root');
  const made = await ask('POST', '/api/people', {
    cookie,
    body: {
      login: 'Amine',
      name: 'Amine É 🙂 <b>',
      password,
      roles: ['agent'],
      teams: ['Ventes', ' Ventes '],
      endpoint: 'PJSIP/1001',
    },
  });
  t.match(made, {
    status: 201,
    body: { login: 'amine', name: 'Amine É 🙂 <b>', teams: [{ name: 'Ventes' }], devices: ['PJSIP/1001'] },
  });
  t.notMatch(JSON.stringify(made.body), /argon2|password/);
  const { id } = made.body;
  const change = (body: unknown) => ask('PATCH', `/api/people/${id}`, { cookie, body });
  t.match(await change({ teams: ['Support'], endpoint: 'PJSIP/1002', roles: ['agent', 'supervisor'] }), {
    body: {
      teams: [{ name: 'Support' }],
      devices: ['PJSIP/1002', 'PJSIP/1001'],
      roles: ['agent', 'supervisor'],
    },
  });
  const his = await signIn('amine');
  t.match(await change({ password: 'another password' }), { status: 200 });
  t.equal(
    (await ask('GET', '/api/session', { cookie: his })).status,
    401,
    'a new password ends his sessions',
  );
  await signIn('amine', 'another password');
  t.match(await ask('GET', `/api/people/${id}`, { cookie }), { status: 200, body: { lastSeenAt: /^2026/ } });

  const { body } = await ask('GET', `/api/audit?subject=${id}`, { cookie });
  t.same(
    body.items.map((entry: { action: string; actor: { id: string } }) => [entry.action, entry.actor.id]),
    [
      ['session.signed-in', id],
      ['person.changed', adminId],
      ['session.signed-in', id],
      ['person.changed', adminId],
      ['person.created', adminId],
    ],
  );
  t.notMatch(JSON.stringify(body), /another password|argon2/);
});

t.test('what is wrong is named', async (t) => {
  const server = await accountsServer(t);
  await makePerson(server, { login: 'root', roles: ['admin'] });
  await makePerson(server, { login: 'amine', endpoint: 'PJSIP/1001' });
  const cookie = await server.signIn('root');
  const good = { login: 'new', name: 'New', password, roles: ['agent'] };
  const post = async (change: object) =>
    (await server.ask('POST', '/api/people', { cookie, body: { ...good, ...change } })).body;
  t.match(await post({ login: 'AMINE' }), { code: 'already-exists', detail: /amine/ });
  t.match(await post({ endpoint: 'PJSIP/1001' }), { code: 'already-exists', detail: /PJSIP\/1001/ });
  for (const [field, value] of Object.entries({
    login: 'é è',
    name: ' ',
    password: '123456789',
    roles: [],
    endpoint: 'Local/1001@from-queue',
    colour: 'blue',
  })) {
    t.match(
      await post({ [field]: value }),
      { code: 'validation-failed', field: new RegExp(`^${field}`) },
      field,
    );
  }
  t.match(await post({ roles: ['root'] }), { code: 'validation-failed', field: 'roles.0' });
  t.match(await post({ roles: ['agent', 'agent'] }), { code: 'validation-failed' });
  const at = (id: string, body: unknown) => server.ask('PATCH', `/api/people/${id}`, { cookie, body });
  t.match(await at('01a1fd10-dcb8-70e5-b733-707a7e5c2584', { name: 'x' }), { body: { code: 'not-found' } });
  t.match(await at('7', { name: 'x' }), { body: { code: 'validation-failed', field: 'id' } });
  t.match(await at('01a1fd10-dcb8-70e5-b733-707a7e5c2584', {}), { body: { code: 'validation-failed' } });
  const { rows } = await server.database.db
    .selectFrom('people')
    .select('login')
    .execute()
    .then((found) => ({ rows: found.map((row) => row.login).sort() }));
  t.same(rows, ['amine', 'root'], 'nothing of a refused login stays');
});

t.test('only administrators touch administrators, and one always stays', async (t) => {
  const server = await accountsServer(t);
  const { ask, signIn } = server;
  const rootId = await makePerson(server, { login: 'root', roles: ['admin'] });
  const managerId = await makePerson(server, { login: 'manager', roles: ['manager'] });
  await makePerson(server, { login: 'sup' });
  const [root, manager, sup] = [await signIn('root'), await signIn('manager'), await signIn('sup')];
  const patch = (cookie: string, id: string, body: unknown) =>
    ask('PATCH', `/api/people/${id}`, { cookie, body });
  const refused = { status: 403, body: { code: 'not-allowed' } };
  t.match(
    await patch(manager, managerId, { roles: ['manager', 'admin'] }),
    refused,
    'a manager does not promote himself',
  );
  t.match(
    await patch(manager, rootId, { password: 'taken over now' }),
    refused,
    'nor takes an administrator over',
  );
  t.match(await ask('DELETE', `/api/people/${rootId}/sessions`, { cookie: manager }), refused);
  const newAdmin = { login: 'mine', name: 'Mine', password, roles: ['admin'] };
  t.match(await ask('POST', '/api/people', { cookie: manager, body: newAdmin }), refused);
  t.match(await patch(sup, managerId, { name: 'x' }), refused, 'a supervisor changes nobody');
  t.match(await ask('GET', '/api/people', { cookie: sup }), refused);
  t.match(await patch(root, rootId, { roles: ['supervisor'] }), refused, 'the last administrator stays one');
  t.match(await patch(root, rootId, { disabled: true }), refused);

  const second = (await ask('POST', '/api/people', { cookie: root, body: { ...newAdmin, login: 'root2' } }))
    .body.id;
  const both = await Promise.all([
    patch(root, second, { roles: ['supervisor'] }),
    patch(await signIn('root2'), rootId, { roles: ['supervisor'] }),
  ]);
  t.same(both.map((answer) => answer.status).sort(), [200, 403], 'two cannot remove each other');
  const admins = await server.database.db.selectFrom('people').select('roles').execute();
  t.equal(admins.filter((person) => person.roles.includes('admin')).length, 1);
});

t.test('people come page by page, found by a part of their name or login', async (t) => {
  const server = await accountsServer(t);
  await makePerson(server, { login: 'root', roles: ['admin'], name: 'Z root' });
  const cookie = await server.signIn('root');
  const { db } = server.database;
  const names = ['Éric', 'Zoé 100%', 'a_b', 'Same', 'Same', 'Same', "O'Neil", '=cmd()'];
  for (const [i, name] of names.entries()) {
    const id = `01a1fd10-dcb8-70e5-b733-70000000000${i}`;
    await db
      .insertInto('people')
      .values({ id, name, roles: ['agent'] })
      .execute();
  }
  const list = async (query: string) => (await server.ask('GET', `/api/people?${query}`, { cookie })).body;
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const page = await list(`limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    t.ok(page.items.length <= 2);
    seen.push(...page.items.map((person: { id: string }) => person.id));
    if (!page.nextCursor) break;
    cursor = page.nextCursor;
  }
  t.equal(seen.length, names.length + 1);
  t.equal(new Set(seen).size, seen.length, 'each once');
  const found = async (q: string) =>
    (await list(`q=${encodeURIComponent(q)}`)).items.map((person: { name: string }) => person.name);
  t.same(await found('éric'), ['Éric']);
  t.same(await found('%'), ['Zoé 100%'], 'a percent sign is only a percent sign');
  t.same(await found('_'), ['a_b']);
  t.same(await found("'"), ["O'Neil"]);
  for (const cursor of [
    Buffer.from(JSON.stringify(['a', '-'.repeat(36)])).toString('base64url'),
    'x',
    'bnVsbA',
    Buffer.from('["a"]').toString('base64url'),
    '%00',
    Buffer.from('["a\\u0000","01a1fd10-dcb8-70e5-b733-700000000000"]').toString('base64url'),
  ]) {
    const { code } = await list(`cursor=${cursor}`);
    t.match(code, /^bad-(cursor|request)$/, cursor);
  }
});
