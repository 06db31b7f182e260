import { sql } from 'kysely';
import t from 'tap';
import { v7 } from 'uuid';
import { defaultPolicy, type Policy } from '../../../src/contract/policy.ts';
import { buildCall, buildLeg, buildSupervision, until } from '../../support/live.ts';
import { policyServer } from '../../support/policy-server.ts';

const window = { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00', teamIds: [], agentIds: [] };
const always = { ...window, days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '00:00' };
const noDates = { firstDay: null, lastDay: null };

t.test('the policy is read, changed by those who may, kept in versions and audited', async (t) => {
  const server = await policyServer(t);
  const { ask } = server;
  const manager = await server.person('manager', ['manager']);
  const supervisor = await server.person('sup', ['supervisor']);
  const agent = await server.person('agent', ['agent']);
  const put = (body: unknown, cookie = manager.cookie, headers: Record<string, string> = {}) =>
    ask('PUT', '/api/policy', { body, cookie, headers });

  const first = await ask('GET', '/api/policy', { cookie: supervisor.cookie });
  t.same(first.body, defaultPolicy);
  t.equal(first.headers.get('etag'), '"0"');
  t.match(await ask('GET', '/api/policy', { cookie: agent.cookie }), { status: 403 });
  t.match(await put(defaultPolicy, supervisor.cookie), { status: 403, body: { code: 'not-allowed' } });

  const changed: Policy = {
    ...defaultPolicy,
    protectedNumbers: ['0612345678'],
    protectInternalCalls: true,
    persistentMinutesMax: 60,
  };
  t.match(await put(changed), { status: 200, body: changed });
  t.same(server.policy.rules.current(), changed, 'in force when it is answered');
  await server.policy.reload();
  const windowed = { ...changed, windows: [{ ...window, ...noDates }] };
  t.match(await put(windowed), { status: 200 });
  await server.policy.reload();
  const again = await put({ ...windowed, windows: [{ ...noDates, ...window }] });
  t.equal(again.headers.get('etag'), '"2"', 'saving the same again, in another order, makes no version');
  t.match(await put(changed), { status: 200 });
  t.match(await put(defaultPolicy, manager.cookie, { 'if-match': '"0"' }), {
    status: 409,
    body: { code: 'policy-changed-meanwhile' },
  });
  t.match(await put(defaultPolicy, manager.cookie, { 'if-match': '"3"' }), { status: 200 });

  const { body } = await ask('GET', '/api/policy/versions?limit=1', { cookie: supervisor.cookie });
  t.match(body.items, [{ version: 4, by: { id: manager.id, name: manager.name }, policy: defaultPolicy }]);
  t.same(body.items[0].changed, ['persistentMinutesMax', 'protectedNumbers', 'protectInternalCalls']);
  const rest = await ask('GET', `/api/policy/versions?cursor=${body.nextCursor}`, { cookie: manager.cookie });
  t.match(rest.body, { items: [{ version: 3 }, { version: 2 }, { version: 1 }], nextCursor: null });
  t.match(await ask('GET', '/api/policy/versions?cursor=x', { cookie: manager.cookie }), {
    status: 400,
    body: { code: 'bad-cursor' },
  });

  const audit = await ask('GET', '/api/audit?action=policy.changed', { cookie: manager.cookie });
  t.equal(audit.body.items.length, 4, 'one entry a change');
  t.match(audit.body.items[3], {
    actor: { id: manager.id },
    details: { fields: ['persistentMinutesMax', 'protectedNumbers', 'protectInternalCalls'] },
  });
  t.match(audit.body.items[3].details.to, { persistentMinutesMax: 60, protectInternalCalls: true });
  t.notMatch(JSON.stringify(audit.body), /0612345678/, 'an entry holds no number');
});

t.test('a policy nobody can mean is refused whole, with the field that is wrong', async (t) => {
  const server = await policyServer(t);
  const { cookie } = await server.person('manager', ['manager']);
  const rows: [string, Record<string, unknown>, string][] = [
    ['never told, and no period', { informAgent: 'never' }, 'windows'],
    ['a zone that is none', { timeZone: 'Europe/Atlantis' }, 'timeZone'],
    ['only these reasons, and none', { reasonsOnly: true }, 'reasons'],
    ['an empty reason', { reasons: ['  '] }, 'reasons.0'],
    [
      'a last day before the first',
      { windows: [{ ...window, firstDay: '2026-02-01', lastDay: '2026-01-31' }] },
      'windows.0.lastDay',
    ],
    [
      'a day that is none',
      { windows: [{ ...window, ...noDates, firstDay: '2026-02-30' }] },
      'windows.0.firstDay',
    ],
    ['24 o’clock', { windows: [{ ...window, ...noDates, to: '24:00' }] }, 'windows.0.to'],
    ['no day', { windows: [{ ...window, ...noDates, days: [] }] }, 'windows.0.days'],
    ['an eighth day', { windows: [{ ...window, ...noDates, days: [8] }] }, 'windows.0.days.0'],
    ['a name for a number', { protectedNumbers: ['<b>mum</b>'] }, 'protectedNumbers.0'],
    ['a number too long', { protectedNumbers: ['1'.repeat(33)] }, 'protectedNumbers.0'],
    ['no minute', { persistentMinutesMax: 0 }, 'persistentMinutesMax'],
    ['over a day', { persistentMinutesMax: 1_441 }, 'persistentMinutesMax'],
    [
      'kept for no day',
      { retentionDays: { ...defaultPolicy.retentionDays, calls: 0 } },
      'retentionDays.calls',
    ],
    [
      'kept for ever and a day',
      { retentionDays: { ...defaultPolicy.retentionDays, audit: 3_651 } },
      'retentionDays.audit',
    ],
    [
      'the right to change the policy',
      { withheld: [{ role: 'admin', teamId: null, permission: 'policy.edit' }] },
      'withheld.0.permission',
    ],
    ['an unknown field', { windowz: [] }, 'windowz'],
  ];
  for (const [what, part, field] of rows) {
    const { status, body } = await server.ask('PUT', '/api/policy', {
      cookie,
      body: { ...defaultPolicy, ...part },
    });
    t.match(
      { status, code: body.code, field: body.field },
      { status: 400, code: 'validation-failed', field },
      what,
    );
  }
  const limits = {
    ...defaultPolicy,
    persistentMinutesMax: 1_440,
    protectedNumbers: ['1'.repeat(32)],
    informAgent: 'never',
    windows: [{ ...always, ...noDates }],
    retentionDays: { calls: 1, supervisions: 3_650, audit: 1, evaluations: 1, chat: null },
  };
  const allowed = await server.ask('PUT', '/api/policy', { cookie, body: limits });
  t.match(allowed, { status: 200 }, 'each at its limit');
});

t.test('what another server, or SQL by hand, writes is in force here within a second', async (t) => {
  const server = await policyServer(t);
  const { db } = server.database;
  let told = 0;
  server.policy.rules.onChange(() => {
    told += 1;
  });
  const policy = JSON.stringify({ ...defaultPolicy, protectedQueues: ['hr'] });
  await sql`insert into policy_versions (policy) values (${policy}::jsonb)`.execute(db);
  await until(
    'the policy is the new one',
    () => server.policy.rules.current().protectedQueues[0] === 'hr',
    1_000,
  );
  t.equal(told, 1, 'and who listens was told once');
  const callId = v7();
  server.calls.put(buildCall({ id: callId }));
  await sql`
    insert into call_marks (id, call_id, kind, by_id, by_name, from_at)
    values (${v7()}, ${callId}, 'private', ${v7()}, 'Somebody', now())`.execute(db);
  const protectedBy = () => server.policy.rules.callProtectedBy(server.calls.byId(callId)!);
  await until('the mark holds here', () => protectedBy() === 'private-call', 1_000);
  await sql`update call_marks set to_at = now()`.execute(db);
  await until('and no longer', () => protectedBy() === null, 1_000);
  await sql`delete from policy_versions`.execute(db);
  await until('the default again', () => server.policy.rules.current().protectedQueues.length === 0, 1_000);
});

t.test('who listens is told when a period ends, at the minute', async (t) => {
  const server = await policyServer(t);
  const manager = await server.person('manager', ['manager']);
  const agent = await server.person('agent', ['agent']);
  // A quarter of a second before 10:00 in Paris, by a clock that goes on.
  const realStart = Date.now();
  const start = Date.parse('2026-11-24T08:59:59.750Z');
  Object.defineProperty(server.time, 'now', { get: () => start + Date.now() - realStart });
  await server.policy.start();
  const cookie = await server.signIn('manager');
  t.ok(manager.id);
  const body = { ...defaultPolicy, windows: [{ ...always, ...noDates, from: '08:00', to: '10:00' }] };
  t.match(await server.ask('PUT', '/api/policy', { cookie, body }), { status: 200 });
  const before = server.policy.rules.agentProtectedBy(agent.id);
  const told = new Promise<void>((resolve) => server.policy.rules.onChange(() => resolve()));
  if (before === null) await told;
  t.equal(server.policy.rules.agentProtectedBy(agent.id), 'outside-listening-hours');
});

t.test('an agent marks his own call private and takes it back; both are told at once and kept', async (t) => {
  const server = await policyServer(t);
  const { ask, calls } = server;
  const agent = await server.person('agent', ['agent']);
  const other = await server.person('other', ['agent']);
  const supervisor = await server.person('sup', ['supervisor']);
  const manager = await server.person('manager', ['manager']);
  const callId = v7();
  const leg = buildLeg({ device: agent.device, callId });
  calls.put(buildCall({ id: callId }), [leg]);
  const path = `/api/calls/${callId}/private`;
  const protectedBy = () => server.policy.rules.callProtectedBy(calls.byId(callId)!);
  const toldAs: (string | null)[] = [];
  server.policy.rules.onChange(() => toldAs.push(protectedBy()));

  t.match(await ask('POST', path, { cookie: supervisor.cookie }), { status: 403 });
  t.match(await ask('POST', path, { cookie: other.cookie }), {
    status: 403,
    body: { code: 'call-not-yours' },
  });
  t.match(await ask('POST', `/api/calls/${v7()}/private`, { cookie: agent.cookie }), {
    status: 409,
    body: { code: 'call-already-ended' },
  });
  const [marked, again] = await Promise.all([
    ask('POST', path, { cookie: agent.cookie }),
    ask('POST', path, { cookie: agent.cookie }),
  ]);
  for (const one of [marked, again])
    t.match(one, { status: 200, body: { items: [{ kind: 'private', by: { id: agent.id }, to: null }] } });
  t.equal(again.body.items.length, 1, 'two clicks make one mark');
  t.equal(protectedBy(), 'private-call');
  t.equal(toldAs[0], 'private-call', 'who listens was told before the answer');
  t.same(server.policy.marks.of(callId).length, 1);
  t.match(await ask('DELETE', path, { cookie: agent.cookie }), {
    status: 200,
    body: { items: [{ to: String }] },
  });
  t.equal(protectedBy(), null);
  t.match((await server.policy.marksOfCalls([callId]))(callId), [{ kind: 'private', by: { id: agent.id } }]);

  const audited = await ask('GET', `/api/audit?call=${callId}`, { cookie: manager.cookie });
  const actions = audited.body.items.map((entry: { action: string }) => entry.action);
  t.same(new Set(actions), new Set(['call.marked-private', 'call.private-ended']));
  await ask('PUT', '/api/policy', {
    cookie: manager.cookie,
    body: { ...defaultPolicy, agentsMayMarkPrivate: false },
  });
  t.match(await ask('POST', path, { cookie: agent.cookie }), {
    status: 409,
    body: { code: 'private-calls-off' },
  });
});

t.test('a caller’s objection is noted by the agent or by who listens, and by nobody else', async (t) => {
  const server = await policyServer(t);
  const { ask, calls, supervisions } = server;
  const agent = await server.person('agent', ['agent']);
  const listening = await server.person('listening', ['supervisor']);
  const elsewhere = await server.person('elsewhere', ['supervisor']);
  const callId = v7();
  calls.put(buildCall({ id: callId }), [buildLeg({ device: agent.device, callId })]);
  const supervision = (by: { id: string; name: string }, part: object) =>
    supervisions.put(buildSupervision({ id: v7(), agentId: agent.id, by, ...part }));
  supervision(listening, { calls: [{ callId, from: '2026-11-21T09:00:00.000Z', to: null }] });
  supervision(elsewhere, {
    calls: [{ callId, from: '2026-11-21T09:00:00.000Z', to: '2026-11-21T09:01:00.000Z' }],
  });
  const path = `/api/calls/${callId}/objection`;
  const refused = await ask('POST', path, { cookie: elsewhere.cookie });
  t.match(refused, { status: 403, body: { code: 'call-not-yours' } }, 'he listened, and does no longer');
  t.match(await ask('POST', path, { cookie: listening.cookie }), {
    status: 200,
    body: { items: [{ kind: 'objection', by: { id: listening.id } }] },
  });
  t.equal(server.policy.rules.callProtectedBy(calls.byId(callId)!), 'caller-objected');
  t.match(await ask('DELETE', path, { cookie: elsewhere.cookie }), { status: 403 });
  t.match(await ask('DELETE', path, { cookie: listening.cookie }), { status: 200 }, 'a slip is taken back');
  t.match(await ask('POST', path, { cookie: agent.cookie }), { status: 200 });
  t.match(await ask('DELETE', path, { cookie: agent.cookie }), { status: 200 });
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from call_marks`.execute(
    server.database.db,
  );
  t.equal(rows[0]!.count, 2, 'each is kept, with its end');
});

t.test(
  'a mark that cannot be written holds all the same, and is written when it is asked for again',
  async (t) => {
    const server = await policyServer(t);
    const agent = await server.person('agent', ['agent']);
    const callId = v7();
    server.calls.put(buildCall({ id: callId }), [buildLeg({ device: agent.device, callId })]);
    const { db } = server.database;
    await sql`alter table call_marks add constraint broken check (false)`.execute(db);
    const ask = () => server.ask('POST', `/api/calls/${callId}/private`, { cookie: agent.cookie });
    t.match(await ask(), { status: 500 });
    const protectedBy = () => server.policy.rules.callProtectedBy(server.calls.byId(callId)!);
    t.equal(protectedBy(), 'private-call');
    await server.policy.reload();
    t.equal(protectedBy(), 'private-call', 'reading the database again does not lose it');
    await sql`alter table call_marks drop constraint broken`.execute(db);
    t.match(await ask(), { status: 200 });
    t.equal((await db.selectFrom('call_marks').selectAll().execute()).length, 1);
  },
);

t.test('a right that the policy takes from a role is gone from every session at once', async (t) => {
  const server = await policyServer(t);
  const manager = await server.person('manager', ['manager']);
  const supervisor = await server.person('sup', ['supervisor'], ['North']);
  const may = async () =>
    (await server.ask('GET', '/api/session', { cookie: supervisor.cookie })).body.permissions as string[];
  const sessions = server.accounts.liveSessions(server.directory);
  let told = 0;
  sessions.onViewersChanged(() => {
    told += 1;
  });
  const withhold = (teamId: string | null) =>
    server.ask('PUT', '/api/policy', {
      cookie: manager.cookie,
      body: { ...defaultPolicy, withheld: [{ role: 'supervisor', teamId, permission: 'supervision.barge' }] },
    });
  t.ok((await may()).includes('supervision.barge'));
  await withhold(null);
  t.notOk((await may()).includes('supervision.barge'));
  t.notOk(sessions.viewer(supervisor.id)!.permissions.has('supervision.barge'));
  t.equal(told, 1, 'open pages are told');
  const team = server.directory.byId(supervisor.id)!.teams[0]!;
  await withhold(team.id);
  t.ok((await may()).includes('supervision.barge'), 'on one team it is a right still');
  t.same([...sessions.viewer(supervisor.id)!.withheld.get(team.id)!], ['supervision.barge']);
});
