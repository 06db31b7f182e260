import t from 'tap';
import type { AgentState } from '../../../src/contract/agents.ts';
import { refusalOf } from '../../../src/contract/may-do.ts';
import { type Permission, permissionsOf } from '../../../src/contract/permissions.ts';
import { type AgentFacts, agentState } from '../../../src/features/agents/agent-state.ts';
import { compareDevices, numberOf } from '../../../src/features/agents/device-address.ts';
import { createDevicePresence } from '../../../src/features/agents/device-presence.ts';
import { createMemberships } from '../../../src/features/agents/memberships.ts';
import { createQueueDay, nextDayStart } from '../../../src/features/agents/queue-day.ts';

const free = { paused: false, pauseReason: null };
const away = { paused: true, pauseReason: 'lunch' };
const quiet: AgentFacts = {
  legs: [],
  memberships: [free],
  wrappingUp: false,
  doNotDisturb: false,
  reachable: true,
  signedIn: false,
};
const leg = (state: 'ringing' | 'talking' | 'on-hold', sinceMs = 10) => ({ state, sinceMs });

const cases: [sentence: string, facts: Partial<AgentFacts>, state: AgentState, pauseReason?: string][] = [
  ['A queue member whose phone is free is available', {}, 'available'],
  ['Nobody without queue and sign-in is more than offline', { memberships: [] }, 'offline'],
  ['A person signed in on the panel is available', { memberships: [], signedIn: true }, 'available'],
  ['A member whose phones are all off is offline', { reachable: false }, 'offline'],
  ['A paused member whose phone is off is offline', { reachable: false, memberships: [away] }, 'offline'],
  ['A ringing phone makes ringing', { legs: [leg('ringing')] }, 'ringing'],
  ['A talking leg makes on-call', { legs: [leg('talking')] }, 'on-call'],
  ['A second call that rings leaves on-call', { legs: [leg('ringing'), leg('talking')] }, 'on-call'],
  ['One call held and one talking is on-call', { legs: [leg('on-hold'), leg('talking')] }, 'on-call'],
  ['Every call held is on-hold', { legs: [leg('on-hold'), leg('ringing')] }, 'on-hold'],
  ['A call beats a pause', { legs: [leg('talking')], memberships: [away] }, 'on-call'],
  ['A call beats wrap-up', { legs: [leg('ringing')], wrappingUp: true }, 'ringing'],
  ['A call beats an unregistered phone', { legs: [leg('talking')], reachable: false }, 'on-call'],
  ['A call with no queue and no sign-in is a call', { legs: [leg('talking')], memberships: [] }, 'on-call'],
  ['Wrap-up beats a pause', { wrappingUp: true, memberships: [away] }, 'wrap-up'],
  ['Paused in every queue is paused, with the reason', { memberships: [away, away] }, 'paused', 'lunch'],
  ['Paused in one queue of two is available', { memberships: [free, away] }, 'available'],
  ['Do-not-disturb shows as paused', { doNotDisturb: true }, 'paused'],
  [
    'Do-not-disturb with no queue and no sign-in is offline',
    { doNotDisturb: true, memberships: [] },
    'offline',
  ],
];
t.test('the state of an agent', async (t) => {
  for (const [sentence, facts, state, reason] of cases) {
    const now = agentState({ ...quiet, ...facts }, null, 1_000);
    t.equal(now.state, state, sentence);
    t.equal(now.pauseReason, reason ?? null, `${sentence} (reason)`);
  }
});

t.test('a state begins once: facts that leave it as it is leave its beginning', async (t) => {
  const first = agentState(quiet, null, 1_000);
  t.equal(first.sinceMs, 1_000);
  t.equal(agentState({ ...quiet, memberships: [free, free] }, first, 5_000).sinceMs, 1_000);
  const talking = agentState({ ...quiet, legs: [leg('talking', 7_000)] }, first, 7_004);
  t.equal(talking.sinceMs, 7_000, 'a call says itself since when');
  const second = agentState({ ...quiet, legs: [leg('talking', 9_000)] }, talking, 9_000);
  t.equal(second.sinceMs, 7_000, 'the next call with nothing between goes on');
  t.equal(agentState(quiet, talking, 12_000).sinceMs, 12_000);
  const paused = agentState({ ...quiet, memberships: [away] }, first, 2_000);
  const renamed = agentState({ ...quiet, memberships: [{ ...away, pauseReason: 'tea' }] }, paused, 3_000);
  t.same(renamed, { state: 'paused', sinceMs: 2_000, pauseReason: 'tea' });
});

t.test('the number behind an address of the PBX', async (t) => {
  const numbers = {
    'PJSIP/1001': '1001',
    'Local/1001@from-queue/n': '1001',
    'hint:1001@ext-local': '1001',
    'PJSIP/0612345678@trunk': '0612345678',
    'Agent:7001': '7001',
    'DAHDI/1': '1',
    '': '',
  };
  for (const [address, number] of Object.entries(numbers)) t.equal(numberOf(address), number, address);
  const devices = ['PJSIP/trunk', 'PJSIP/1010', 'PJSIP/902', 'SIP/carrier'];
  t.same(devices.toSorted(compareDevices), ['PJSIP/902', 'PJSIP/1010', 'SIP/carrier', 'PJSIP/trunk']);
});

let sequence = 0;
const header = (atMs: number, source: 'ari' | 'ami' = 'ari') => ({
  pbx: 'main',
  source,
  generation: 1,
  sequence: ++sequence,
  atMs,
});
t.test('a device can be reached unless the PBX says that it cannot', async (t) => {
  const devices = createDevicePresence();
  t.notOk(devices.isReachable('main', 'PJSIP/1001'), 'an endpoint the PBX has never named');
  t.ok(devices.isReachable('main', 'PJSIP/0612345678@trunk'), 'an outside number');
  t.ok(devices.isReachable('main', 'DAHDI/1'), 'a technology without endpoints');
  const online = { ...header(5), kind: 'endpoint', device: 'PJSIP/1001', online: true } as const;
  t.equal(devices.apply(online), 'PJSIP/1001');
  t.equal(devices.apply(online), null, 'twice is once');
  devices.apply({ ...header(3), kind: 'endpoint', device: 'PJSIP/1001', online: false });
  t.ok(devices.isReachable('main', 'PJSIP/1001'), 'a late fact changes nothing');
  devices.apply({ ...header(6), kind: 'device-state', device: 'PJSIP/1001', state: 'unavailable' });
  t.notOk(devices.isReachable('main', 'PJSIP/1001'));
  devices.apply({ ...header(7), kind: 'endpoint', device: 'PJSIP/1001', online: true });
  t.ok(devices.isReachable('main', 'PJSIP/1001'), 'a resync finds it back');
  devices.apply({ ...header(6), kind: 'device-state', device: 'Custom:DND1001', state: 'busy' });
  t.ok(devices.isDoNotDisturb('main', 'PJSIP/1001'));
});

const member = {
  stateInterface: null,
  name: null,
  paused: false,
  pauseReason: null,
  penalty: null,
  static: null,
};
t.test('who is in a queue', async (t) => {
  const memberships = createMemberships();
  const names = () => memberships.ofQueue('main', 'sales').map((one) => one.interface);
  const whole = (atMs: number, ...interfaces: string[]) =>
    memberships.apply({
      ...header(atMs),
      kind: 'queue-members',
      queue: 'sales',
      members: interfaces.map((name) => ({ ...member, interface: name })),
    });
  t.equal(whole(10, 'PJSIP/1001', 'PJSIP/1002').length, 2);
  t.same(whole(20, 'PJSIP/1001', 'PJSIP/1002'), [], 'read again, nothing changed');
  t.same(whole(15), [], 'a reading that comes late is not believed');
  t.equal(whole(30, 'PJSIP/1002')[0]?.interface, 'PJSIP/1001', 'who left is told');
  memberships.apply({
    ...header(25),
    kind: 'queue-member',
    queue: 'sales',
    member: { ...member, interface: 'PJSIP/1001' },
  });
  t.same(names(), ['PJSIP/1002'], 'a late fact brings nobody back');
  const pause = { kind: 'queue-pause', queue: 'sales', interface: 'PJSIP/1002', paused: true } as const;
  memberships.apply({ ...header(40, 'ami'), ...pause, reason: 'lunch' });
  memberships.apply({ ...header(41), ...pause, reason: null });
  t.equal(
    memberships.get('main', 'sales', 'PJSIP/1002')?.pauseReason,
    'lunch',
    'ARI knows no reason and takes none away',
  );
  memberships.apply({ ...header(42), ...pause, paused: false, reason: null });
  t.equal(memberships.get('main', 'sales', 'PJSIP/1002')?.pauseReason, null);
});

t.test(
  'today’s figures count each finished stay once, whatever the number of versions of its call',
  async (t) => {
    const day = createQueueDay(() => 20_000);
    const at = (s: number) => new Date(Date.UTC(2026, 10, 21, 9, 0, s)).toISOString();
    const visit = (to: number | null, outcome: 'answered' | 'abandoned' | null) => ({
      queue: 'sales',
      from: at(0),
      to: to === null ? null : at(to),
      outcome,
    });
    day.restart(
      Date.UTC(2026, 10, 21),
      new Map([['main/sales', { finished: 3, answered: 2, abandoned: 1, answeredInTime: 2 }]]),
    );
    t.same(day.take({ id: 'a', pbx: 'main', queueVisits: [visit(null, null)] }), []);
    t.same(day.take({ id: 'a', pbx: 'main', queueVisits: [visit(5, 'abandoned')] }), ['main/sales']);
    t.same(day.figures('main/sales'), { finished: 4, answered: 2, abandoned: 2, answeredInTime: 2 });
    t.same(
      day.take({ id: 'a', pbx: 'main', queueVisits: [visit(5, 'answered')] }),
      ['main/sales'],
      'corrected',
    );
    t.same(day.take({ id: 'a', pbx: 'main', queueVisits: [visit(5, 'answered')] }), [], 'again');
    day.take({ id: 'b', pbx: 'main', queueVisits: [visit(30, 'answered')] });
    t.same(day.figures('main/sales'), { finished: 5, answered: 4, abandoned: 1, answeredInTime: 3 });
    day.restart(Date.UTC(2026, 10, 22), new Map());
    t.same(
      day.figures('main/sales'),
      { finished: 0, answered: 0, abandoned: 0, answeredInTime: 0 },
      'the next day',
    );
    const noon = new Date(2026, 9, 25, 12).getTime();
    t.equal(new Date(nextDayStart(noon)).getHours(), 0);
  },
);

t.test('who may do what to an agent now', async (t) => {
  const talking = { state: 'talking', certain: true, takeable: true, protectedBy: null } as const;
  const base = {
    viewer: {
      personId: 's',
      permissions: permissionsOf(['supervisor']),
      everyTeam: false,
      teamIds: ['north'],
      device: 'PJSIP/1901' as string | null,
      withheld: new Map<string, Set<Permission>>(),
      browserPhone: false,
    },
    agent: {
      id: 'a',
      teamIds: ['north'],
      state: 'on-call' as AgentState,
      protectedBy: null,
      inQueue: true,
      paused: false,
      screen: 'off' as const,
      controlRefusal: null,
      legs: [talking] as Parameters<typeof refusalOf>[1]['agent']['legs'],
    },
  };
  const refused = (
    action: 'listen' | 'whisper' | 'barge',
    viewer: Partial<(typeof base)['viewer']>,
    agent: Partial<(typeof base)['agent']>,
  ) => refusalOf(action, { viewer: { ...base.viewer, ...viewer }, agent: { ...base.agent, ...agent } });
  t.equal(refused('barge', {}, {}), null);
  t.equal(refused('listen', { permissions: permissionsOf(['admin']) }, {}), 'not-allowed');
  t.equal(refused('listen', { teamIds: ['south'] }, {}), 'outside-your-teams');
  t.equal(refused('listen', { teamIds: [], everyTeam: true }, { teamIds: [] }), null);
  t.equal(refused('listen', { personId: 'a' }, {}), 'own-call');
  t.equal(refused('listen', { device: null }, {}), 'no-phone');
  t.equal(refused('listen', { device: 'Local/1901@x' }, {}), 'phone-not-a-device');
  t.equal(refused('listen', {}, { legs: [] }), 'agent-not-on-call');
  t.equal(refused('listen', {}, { legs: [], state: 'offline' }), 'agent-not-connected');
  t.equal(
    refused('listen', {}, { legs: [{ ...talking, state: 'ringing', certain: false }] }),
    'agent-not-on-call',
  );
  t.equal(refused('whisper', {}, { legs: [{ ...talking, certain: false }] }), 'agent-leg-uncertain');
  t.equal(refused('whisper', {}, { legs: [talking, talking] }), 'agent-has-two-calls');
  t.equal(
    refused('whisper', {}, { legs: [{ ...talking, state: 'on-hold', certain: false }, talking] }),
    null,
  );
});
