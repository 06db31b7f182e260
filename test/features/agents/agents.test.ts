import t, { type Test } from 'tap';
import { Value } from 'typebox/value';
import { v7 } from 'uuid';
import { createPanelPresence } from '../../../src/adapters/sockets/panel-presence.ts';
import type { AgentPatch } from '../../../src/contract/agents.ts';
import { type Agent, Device } from '../../../src/contract/agents.ts';
import type { AppError } from '../../../src/contract/errors.ts';
import type { Role } from '../../../src/contract/permissions.ts';
import { browserDeviceOf } from '../../../src/contract/phones.ts';
import { createAgents } from '../../../src/features/agents/agents.ts';
import { createPeopleDirectory } from '../../../src/features/agents/people-directory.ts';
import { noTies } from '../../../src/ports/absent.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';
import { testDatabase } from '../../support/database.ts';
import {
  buildCall,
  buildLeg,
  buildSupervision,
  factory,
  handMadeAudit,
  handMadeCalls,
  handMadeSupervisions,
  queueMember,
  quietLog,
} from '../../support/live.ts';

const viewer = (roles: Role[], teamIds: string[] = []) =>
  makeViewer({ id: v7(), name: 'Sophie', roles, teamIds });
const manager = viewer(['manager']);

async function build(t: Test, pbxNames: readonly string[] = ['main']) {
  const { db } = await testDatabase(t);
  const calls = handMadeCalls();
  const supervisions = handMadeSupervisions();
  const presence = createPanelPresence({ graceMs: 0 });
  const directory = createPeopleDirectory({ db });
  const audit = handMadeAudit();
  const watched: string[][] = [];
  const agents = createAgents({
    db,
    pbxNames,
    directory,
    calls,
    supervisions,
    presence,
    ties: noTies,
    audit,
    clock: systemClock,
    log: quietLog,
    watchQueues: (_, names) => watched.push([...names]),
  });
  await agents.start();
  t.teardown(() => agents.stop());
  return { db, calls, supervisions, presence, directory, agents, audit, watched, fact: factory() };
}
type Built = Awaited<ReturnType<typeof build>>;

const see = ({ agents }: Built, id: string): Agent => agents.service.get(manager, id);
const codeOf = async (act: () => unknown): Promise<string> => {
  try {
    await act();
    return 'no error';
  } catch (error) {
    return (error as AppError).code;
  }
};

t.test(
  'A browser phone is switched on and off beside the other devices, and may be the only one',
  async (t) => {
    const { agents } = await build(t);
    const web = (id: string) => browserDeviceOf(id);
    t.equal(await codeOf(() => agents.service.add(manager, { name: 'Nobody' })), 'validation-failed');
    const zoe = await agents.service.add(manager, { name: 'Zoé', browserPhone: true });
    t.same(zoe.devices, [web(zoe.id)]);
    const change = async (patch: AgentPatch) => (await agents.service.change(manager, zoe.id, patch)).devices;
    t.same(
      await change({ devices: ['PJSIP/1007'], browserPhone: true }),
      [web(zoe.id), 'PJSIP/1007'],
      'it stays first',
    );
    t.same(await change({ browserPhone: false }), ['PJSIP/1007']);
    t.same(await change({ browserPhone: true }), ['PJSIP/1007', web(zoe.id)], 'a new one stands last');
    t.same(
      await change({ name: 'Zoé L.' }),
      ['PJSIP/1007', web(zoe.id)],
      'it is left alone where nothing is said',
    );
  },
);

t.test('an agent’s row follows phones, queues, calls, supervision and the panel', async (t) => {
  const built = await build(t);
  const { agents, calls, supervisions, presence, fact } = built;
  const alice = await agents.service.add(manager, {
    name: ' Alice ',
    endpoint: 'PJSIP/1001',
    devices: ['SIP/2001', 'PJSIP/1001', 'PJSIP/0612345678@trunk'],
    teams: ['North'],
    interfaces: ['Local/7001@agents/n'],
  });
  t.equal(alice.name, 'Alice');
  t.equal(alice.endpoint, 'PJSIP/1001');
  t.same(alice.devices, ['PJSIP/1001', 'SIP/2001', 'PJSIP/0612345678@trunk']);
  t.equal(alice.state, 'offline');
  const state = () => see(built, alice.id).state;

  agents.onFact(
    fact({ kind: 'queue-members', queue: 'sales', members: [queueMember('Local/1001@from-queue/n')] }),
  );
  t.equal(state(), 'available', 'the outside number can be rung, and a Local/ member leads to him');
  agents.onFact(
    fact({
      kind: 'queue-pause',
      queue: 'sales',
      interface: 'Local/1001@from-queue/n',
      paused: true,
      reason: 'lunch',
    }),
  );
  t.same([state(), see(built, alice.id).pauseReason], ['paused', 'lunch']);
  agents.onFact(
    fact({ kind: 'queue-members', queue: 'hinted', members: [queueMember('hint:2001@ext-local')] }),
  );
  t.equal(state(), 'available', 'free in another queue');
  t.same(
    see(built, alice.id).queues.map((queue) => queue.id),
    ['hinted', 'sales'],
  );
  agents.onFact(fact({ kind: 'device-state', device: 'Custom:DND2001', state: 'busy' }));
  t.equal(state(), 'paused', 'do-not-disturb');
  agents.onFact(fact({ kind: 'device-state', device: 'Custom:DND2001', state: 'not-in-use' }));
  for (const queue of ['sales', 'hinted']) agents.onFact(fact({ kind: 'queue-members', queue, members: [] }));
  t.equal(state(), 'offline', 'in no queue');
  presence.enter(alice.id);
  t.equal(state(), 'available', 'signed in on the panel');
  presence.leave(alice.id);
  agents.onFact(fact({ kind: 'agent-login', agent: '7001', uniqueId: '1.1', loggedIn: true }));
  t.equal(state(), 'available', 'signed in by AgentLogin');

  const call = buildCall({ id: v7() });
  calls.put(call, [
    buildLeg({ device: 'PJSIP/1001', callId: call.id, state: 'ringing' }),
    buildLeg({ device: 'SIP/2001', callId: call.id, state: 'ringing' }),
  ]);
  t.equal(state(), 'ringing');
  t.equal(see(built, alice.id).calls.length, 1, 'two phones ring for one call');
  calls.put(call, [buildLeg({ device: 'SIP/2001', callId: call.id, sinceMs: 1_000 })]);
  t.same([state(), see(built, alice.id).since], ['on-call', '1970-01-01T00:00:01.000Z']);
  calls.end(call);
  t.equal(state(), 'available');

  t.equal(see(built, alice.id).wrapUpKnown, false);
  agents.onFact(fact({ kind: 'ami-connected' }));
  t.equal(see(built, alice.id).wrapUpKnown, true);
  agents.onFact(
    fact({
      kind: 'wrap-up',
      queue: 'sales',
      interface: 'Local/1001@from-queue/n',
      untilMs: Date.now() + 60_000,
    }),
  );
  t.equal(state(), 'wrap-up');
  agents.onFact(fact({ kind: 'ami-lost', detail: '' }));
  t.equal(state(), 'available', 'what AMI told is not known any more');

  const supervision = buildSupervision({ id: v7(), agentId: v7(), by: { id: alice.id, name: 'Alice' } });
  supervisions.put(supervision);
  t.same(
    [state(), see(built, alice.id).supervising],
    ['available', supervision.id],
    'supervising is no call',
  );
  supervisions.put({ ...supervision, state: 'ended' });
  t.equal(see(built, alice.id).supervising, null);
});

t.test('wrap-up ends by itself', async (t) => {
  const built = await build(t);
  const { agents, fact } = built;
  const bob = await agents.service.add(manager, { name: 'Bob', endpoint: 'PJSIP/0600000000@trunk' });
  agents.onFact(
    fact({ kind: 'queue-members', queue: 'sales', members: [queueMember('PJSIP/0600000000@trunk')] }),
  );
  agents.onFact(
    fact({ kind: 'wrap-up', queue: 'sales', interface: 'PJSIP/0600000000@trunk', untilMs: Date.now() + 50 }),
  );
  t.equal(see(built, bob.id).state, 'wrap-up');
  await new Promise<void>((resolve) => {
    const stop = agents.shift.onDirty(() => {
      stop();
      resolve();
    });
  });
  t.equal(see(built, bob.id).state, 'available');
});

t.test('who may see and change agents', async (t) => {
  const built = await build(t);
  const { agents, db } = built;
  const alice = await agents.service.add(manager, {
    name: 'Alice',
    endpoint: 'PJSIP/1001',
    teams: ['North'],
  });
  const bob = await agents.service.add(manager, {
    name: 'Bob',
    endpoint: 'PJSIP/1002',
    teams: ['South', 'West'],
  });
  await agents.service.add(manager, { name: 'Zoé', endpoint: 'PJSIP/1003' });
  const north = viewer(['supervisor'], [alice.teams[0]!.id]);
  t.same(
    agents.service.list(north, {}).items.map(({ name }) => name),
    ['Alice'],
  );
  t.same(agents.service.list(viewer(['supervisor']), {}).items, [], 'who has no team sees nobody');
  t.equal(agents.service.list(viewer(['admin']), {}).items.length, 3);
  t.equal(await codeOf(() => agents.service.get(north, bob.id)), 'outside-your-teams');
  t.equal(await codeOf(() => agents.service.get(north, v7())), 'agent-not-found');
  t.equal(await codeOf(() => agents.service.add(north, { name: 'X', endpoint: 'PJSIP/9' })), 'not-allowed');
  t.equal(await codeOf(() => agents.service.list(viewer(['agent']), {})), 'not-allowed');
  t.equal(await codeOf(() => agents.service.add(manager, { name: 'X' })), 'validation-failed');
  t.equal(
    await codeOf(() => agents.service.add(manager, { name: 'X', endpoint: 'PJSIP/1002' })),
    'already-exists',
  );
  t.equal(
    await codeOf(() => agents.service.change(manager, alice.id, { devices: ['PJSIP/1002'] })),
    'already-exists',
  );
  t.equal(see(built, alice.id).endpoint, 'PJSIP/1001', 'nothing of a refused change stays');

  const first = agents.service.list(manager, { limit: 2 });
  const second = agents.service.list(manager, { limit: 2, cursor: first.nextCursor! });
  t.same(
    [...first.items, ...second.items].map(({ name }) => name),
    ['Alice', 'Bob', 'Zoé'],
  );
  t.equal(second.nextCursor, null);
  t.equal(await codeOf(() => agents.service.list(manager, { cursor: 'e30' })), 'bad-cursor');
  t.same(
    agents.service.list(manager, { q: '1002' }).items.map(({ name }) => name),
    ['Bob'],
  );

  const moved = await agents.service.change(manager, bob.id, {
    endpoint: 'PJSIP/1005',
    teams: ['West'],
    publicName: 'Bobby',
  });
  t.same(
    [moved.endpoint, moved.publicName, moved.teams.map(({ name }) => name)],
    ['PJSIP/1005', 'Bobby', ['West']],
  );
  t.equal(built.directory.byDevice('main', 'PJSIP/1002'), undefined);
  t.equal(await codeOf(() => agents.service.change(manager, v7(), { name: 'X' })), 'agent-not-found');

  await db
    .insertInto('people')
    .values({ id: v7(), name: 'Carol', roles: ['agent'], devices: ['PJSIP/1009'] })
    .execute();
  await built.directory.refreshIfChanged();
  t.equal(
    built.directory.byDevice('main', 'PJSIP/1009')?.name,
    'Carol',
    'what another process wrote is seen',
  );
});

t.test('a manager does not change the phone of an administrator who takes calls', async (t) => {
  const { db, agents } = await build(t);
  const { id } = await agents.service.add(manager, { name: 'Ana', endpoint: 'PJSIP/1001' });
  await db
    .updateTable('people')
    .set({ roles: ['agent', 'admin'] })
    .where('id', '=', id)
    .execute();
  t.equal(await codeOf(() => agents.service.change(manager, id, { endpoint: 'PJSIP/1999' })), 'not-allowed');
  const admin = viewer(['admin']);
  t.match(await agents.service.change(admin, id, { endpoint: 'PJSIP/1002' }), { endpoint: 'PJSIP/1002' });
});

t.test('a CSV file of agents is imported whole or not at all', async (t) => {
  const { agents, db } = await build(t);
  const import_ = (text: string) => agents.service.importCsv(manager, text);
  const { items } = await import_(
    '\uFEFFname;endpoint;devices;teams;queues;login\r\nÉlodie;PJSIP/1001;SIP/1|IAX2/2;Nord|Sud;sales;Elodie\r\n"O;Neil";PJSIP/1002;;;;\r\n',
  );
  t.same(
    items.map((agent) => [agent.name, agent.devices, agent.teams.map(({ name }) => name)]),
    [
      ['Élodie', ['PJSIP/1001', 'SIP/1', 'IAX2/2'], ['Nord', 'Sud']],
      ['O;Neil', ['PJSIP/1002'], []],
    ],
  );
  t.match(await db.selectFrom('people').select('login').where('name', '=', 'Élodie').executeTakeFirst(), {
    login: 'elodie',
  });

  const problems = async (text: string) => {
    try {
      await import_(text);
      return [];
    } catch (error) {
      return (error as AppError).extra['problems'] as { row: number; column: string }[];
    }
  };
  const wrong = await problems(
    'name,endpoint,login\nNew,PJSIP/2001,\n,PJSIP/2002,\nTwin,PJSIP/2001,\nTaken,Local/1@x,\nLog,PJSIP/2003,a b\nNone,,\n',
  );
  t.same([...new Set(wrong.map(({ row, column }) => `${row} ${column}`))].sort(), [
    '3 name',
    '4 endpoint',
    '5 endpoint',
    '6 login',
    '7 endpoint',
  ]);
  t.same(
    (await problems('name,endpoint,login\nNew,PJSIP/2001,\nEl,PJSIP/1002,elodie\n')).map(
      ({ row, column }) => `${row} ${column}`,
    ),
    ['3 endpoint', '3 login'],
  );
  t.equal(agents.service.list(manager, {}).items.length, 2, 'no row of a refused file is kept');
  for (const text of [
    '',
    'name\nX',
    'name,endpoint\n',
    'name,endpoint,colour\nX,PJSIP/1,red',
    'name,endpoint\n"X,PJSIP/1',
  ])
    t.equal(await codeOf(() => import_(text)), 'bad-csv', JSON.stringify(text));
});

t.test('endpoints that are nobody’s are offered, numbers first', async (t) => {
  const { agents, fact } = await build(t);
  await agents.service.add(manager, { name: 'Alice', endpoint: 'PJSIP/1001' });
  for (const device of ['PJSIP/trunk', 'PJSIP/1010', 'PJSIP/1001', 'PJSIP/1002'])
    agents.onFact(fact({ kind: 'endpoint', device, online: device !== 'PJSIP/1010' }));
  agents.onFact(
    fact({ kind: 'queue-members', queue: 'sales', members: [queueMember('PJSIP/1002', { name: 'Bruno' })] }),
  );
  t.same(agents.service.discovered(manager), [
    { pbx: 'main', device: 'PJSIP/1002', online: true, suggestedName: 'Bruno' },
    { pbx: 'main', device: 'PJSIP/1010', online: false, suggestedName: null },
    { pbx: 'main', device: 'PJSIP/trunk', online: true, suggestedName: null },
  ]);
});

t.test('teams and queues are set up, and a queue’s figures are the calls table’s', async (t) => {
  const { agents, calls, db, fact, watched } = await build(t);
  const north = await agents.teams.add(manager, { name: 'North' });
  t.equal(await codeOf(() => agents.teams.add(manager, { name: 'North' })), 'already-exists');
  t.equal((await agents.teams.rename(manager, north.id, { name: 'Nord' })).name, 'Nord');
  t.equal(await codeOf(() => agents.teams.remove(manager, v7())), 'not-found');
  const queue = await agents.queues.set(manager, 'sales', {
    name: 'Ventes',
    teams: ['Nord'],
    serviceLevelTargetMs: 5_000,
  });
  t.match(queue, { id: 'sales', name: 'Ventes', teams: [{ id: north.id }], origin: 'configured' });
  t.ok(watched.at(-1)?.includes('sales'), 'the PBX is asked for its members');
  t.same((await agents.queues.list(viewer(['supervisor']))).length, 0);
  t.same((await agents.queues.list(viewer(['supervisor'], [north.id]))).length, 1);

  const alice = await agents.service.add(manager, { name: 'Alice', endpoint: 'PJSIP/1001' });
  agents.onFact(fact({ kind: 'endpoint', device: 'PJSIP/1001', online: true }));
  agents.onFact(fact({ kind: 'device-state', device: 'PJSIP/9001', state: 'not-in-use' }));
  const members = [
    queueMember('PJSIP/1001'),
    queueMember('Local/1001@x/n'),
    queueMember('PJSIP/9001'),
    queueMember('PJSIP/9002', { paused: true }),
  ];
  agents.onFact(fact({ kind: 'queue-members', queue: 'sales', members }));
  const row = () => agents.shift.queue('main/sales')!.row;
  t.match(row(), { agentsTotal: 3, agentsFree: 2, agentsPaused: 1, name: 'Ventes' }, 'a person counts once');
  const now = Date.now();
  const iso = (ms: number) => new Date(ms).toISOString();
  const call = (id: string, from: number, to: number | null, outcome: 'answered' | 'abandoned' | null) =>
    buildCall({
      id,
      startedAt: iso(now + from),
      queueVisits: [
        {
          queue: 'sales',
          from: iso(now + from),
          to: to === null ? null : iso(now + to),
          position: null,
          outcome,
          attempts: [],
        },
      ],
    });
  const [waiting, answered] = [v7(), v7()];
  calls.put(call(waiting, 0, null, null));
  calls.put(call(answered, 10, null, null), [
    buildLeg({ device: 'PJSIP/1001', callId: answered, state: 'ringing' }),
  ]);
  t.match(row(), { waiting: 2, longestWaitSince: iso(now), agentsFree: 1 });
  calls.put(call(answered, 10, 4_000, 'answered'), [buildLeg({ device: 'PJSIP/1001', callId: answered })]);
  t.match(row(), { waiting: 1, answeredToday: 1, serviceLevelToday: 1 });
  calls.end(call(waiting, 0, 9_000, 'abandoned'));
  t.match(row(), {
    waiting: 0,
    longestWaitSince: null,
    answeredToday: 1,
    abandonedToday: 1,
    serviceLevelToday: 0.5,
  });
  t.equal(agents.service.get(manager, alice.id).state, 'on-call');

  const old = call(v7(), -20, -10, 'answered');
  const yesterday = call(v7(), -90_000_000, -89_000_000, 'answered');
  for (const { id, uniqueId, startedAt, queueVisits } of [
    old,
    yesterday,
    call(waiting, 0, 9_000, 'abandoned'),
  ])
    await db
      .insertInto('calls')
      .values({
        id,
        pbx: 'main',
        unique_id: uniqueId,
        linked_id: uniqueId,
        direction: 'inbound',
        origin: 'queue',
        state: 'answered',
        phase: 'ended',
        started_at: new Date(startedAt),
        menu_ms: 0,
        wait_ms: 0,
        ring_ms: 0,
        talk_ms: 0,
        hold_ms: 0,
        has_customer: true,
        queue_visits: JSON.stringify(queueVisits),
      })
      .execute();
  await agents.shift.reload();
  t.match(
    row(),
    { answeredToday: 2, abandonedToday: 1 },
    'read again: the table and what is in progress, each once',
  );
  await agents.queues.set(manager, 'sales', { serviceLevelTargetMs: 1_000 });
  t.match(row(), { answeredToday: 2, serviceLevelToday: 1 / 3 }, 'another target, another service level');
});

t.test(
  'A device is one real device: nothing that leads elsewhere, rings several, or adds arguments',
  async (t) => {
    for (const device of ['PJSIP/1001', 'SIP/anna', 'DAHDI/1', 'PJSIP/0612345678@trunk'])
      t.ok(Value.Check(Device, device), device);
    for (const device of [
      'Local/1@x',
      'local/1@x',
      'LOCAL/1@x',
      'PJSIP/1&PJSIP/2',
      'PJSIP/1,30',
      'PJSIP/1\n',
      '1001',
    ])
      t.notOk(Value.Check(Device, device), device);
  },
);

t.test(
  'who changes agents, teams and queues is audited: ids and what was changed, never a name or a number',
  async (t) => {
    const { agents, audit } = await build(t);
    const alice = await agents.service.add(manager, {
      name: 'Alice Martin',
      endpoint: 'PJSIP/0612345678',
      teams: ['Secret team'],
    });
    await agents.service.change(manager, alice.id, { name: 'Bob Martin', publicName: null });
    await agents.service.importCsv(manager, 'name;endpoint\nCarol Martin;PJSIP/1002');
    const team = await agents.teams.add(manager, { name: 'Other Martin' });
    await agents.teams.rename(manager, team.id, { name: 'Third Martin' });
    await agents.teams.remove(manager, team.id);
    await agents.queues.set(manager, 'support', { name: 'Martin' });
    await t.rejects(agents.teams.remove(manager, team.id), { code: 'not-found' });
    t.match(audit.entries, [
      { actorId: manager.personId, action: 'agent.created', subjectId: alice.id },
      { action: 'agent.changed', subjectId: alice.id, details: { fields: ['name', 'publicName'] } },
      { action: 'agents.imported', details: { count: 1 } },
      { action: 'team.created', details: { teamId: team.id } },
      { action: 'team.renamed', details: { teamId: team.id } },
      { action: 'team.removed', details: { teamId: team.id } },
      { action: 'queue.changed', details: { queue: 'support', fields: ['name'] } },
    ]);
    t.equal(audit.entries.length, 7, 'what was refused is not there');
    t.notMatch(JSON.stringify(audit.entries), /Martin|0612345678|Secret/);
  },
);

t.test(
  'Two PBXs have agents with the same phones, and queues of the same name, that are not one',
  async (t) => {
    const built = await build(t, ['paris', 'lyon']);
    const { agents, calls, fact } = built;
    t.equal(
      await codeOf(() => agents.service.add(manager, { name: 'Ana', endpoint: 'PJSIP/1001' })),
      'validation-failed',
      'with two of them, it is said which',
    );
    const ana = await agents.service.add(manager, { name: 'Ana', endpoint: 'PJSIP/1001', pbx: 'paris' });
    const csv = 'name;endpoint;pbx\nBea;PJSIP/1001;lyon\n';
    const [bea] = (await agents.service.importCsv(manager, csv)).items;
    t.same([ana.pbx, bea?.pbx], ['paris', 'lyon']);
    for (const [row, text] of [
      ['Cleo;PJSIP/1002;', /Row 2, pbx: Say which PBX: paris, lyon/],
      ['Cleo;PJSIP/1002;nice', /Row 2, pbx: There is no such PBX/],
      ['Cleo;PJSIP/1001;lyon', /Row 2, endpoint: .*somebody’s already/],
    ] as const)
      await t.rejects(agents.service.importCsv(manager, `name;endpoint;pbx\n${row}`), { message: text });

    await agents.queues.set(manager, 'sales', { pbx: 'paris', name: 'Ventes' });
    await agents.queues.set(manager, 'sales', { pbx: 'lyon', serviceLevelTargetMs: 5_000 });
    t.equal(await codeOf(() => agents.queues.set(manager, 'sales', {})), 'validation-failed');
    t.match(await agents.queues.list(manager), [
      { pbx: 'paris', id: 'sales', name: 'Ventes', serviceLevelTargetMs: 20_000 },
      { pbx: 'lyon', id: 'sales', name: 'sales', serviceLevelTargetMs: 5_000 },
    ]);
    const member = queueMember('PJSIP/1001');
    for (const pbx of ['paris', 'lyon'])
      agents.onFact({ ...fact({ kind: 'endpoint', device: 'PJSIP/1001', online: true }), pbx });
    agents.onFact({ ...fact({ kind: 'queue-members', queue: 'sales', members: [member] }), pbx: 'lyon' });
    t.same([see(built, ana.id).state, see(built, bea!.id).state], ['offline', 'available']);
    const row = (key: string) => agents.shift.queue(key)!.row;
    t.same([row('paris/sales').agentsTotal, row('lyon/sales').agentsTotal], [0, 1]);

    const visit = { queue: 'sales', from: new Date().toISOString(), to: null, position: 1, outcome: null };
    calls.put(buildCall({ id: v7(), pbx: 'paris', queueVisits: [{ ...visit, attempts: [] }] }));
    const talking = buildCall({ id: v7(), pbx: 'lyon' });
    calls.put(talking, [
      buildLeg({ pbx: 'lyon', callId: talking.id, device: 'PJSIP/1001', state: 'talking' }),
    ]);
    t.same([row('paris/sales').waiting, row('lyon/sales').waiting], [1, 0]);
    t.same([see(built, ana.id).state, see(built, bea!.id).state], ['offline', 'on-call']);

    await agents.service.change(manager, ana.id, { pbx: 'lyon', endpoint: 'PJSIP/1002' });
    t.equal(see(built, ana.id).pbx, 'lyon');
    t.equal(
      await codeOf(() => agents.service.change(manager, bea!.id, { pbx: 'nowhere' })),
      'validation-failed',
    );
    await agents.service.change(manager, bea!.id, { pbx: 'paris' });
    t.match(built.directory.byDevice('paris', 'PJSIP/1001'), { id: bea!.id }, 'his phone has gone with him');
  },
);
