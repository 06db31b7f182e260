import t from 'tap';
import type { CallMarkKind } from '../../../src/contract/call-marks.ts';
import type { Call } from '../../../src/contract/calls.ts';
import { everyTeamKey, type Permission, type Role } from '../../../src/contract/permissions.ts';
import { defaultPolicy, type ListeningWindow, type Policy } from '../../../src/contract/policy.ts';
import {
  agentProtection,
  callProtection,
  withheldFrom,
} from '../../../src/features/policy/listening-rules.ts';
import { isOpen, localMinute } from '../../../src/features/policy/wall-clock.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';
import { buildCall } from '../../support/live.ts';

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const window = (part: Partial<ListeningWindow>): ListeningWindow => ({
  days: everyDay,
  from: '09:00',
  to: '18:00',
  teamIds: [],
  agentIds: [],
  firstDay: null,
  lastDay: null,
  ...part,
});
const paris = 'Europe/Paris';

t.test(
  'a period is open at the hours of the wall clock, across midnight and when clocks change',
  async (t) => {
    const night = { from: '22:00', to: '06:00' };
    const rows: [string, Partial<ListeningWindow>, string, string, boolean][] = [
      ['its first minute', {}, '2026-11-24T08:00:00Z', paris, true],
      ['the minute before', {}, '2026-11-24T07:59:59Z', paris, false],
      ['its last minute', {}, '2026-11-24T16:59:59Z', paris, true],
      ['its end is not in it', {}, '2026-11-24T17:00:00Z', paris, false],
      ['in summer an hour earlier in UTC', {}, '2026-07-24T07:00:00Z', paris, true],
      ['and not at the winter hour', {}, '2026-07-24T16:30:00Z', paris, false],
      ['only on its days', { days: [1, 3] }, '2026-11-24T10:00:00Z', paris, false],
      ['on its days', { days: [2] }, '2026-11-24T10:00:00Z', paris, true],
      ['Sunday is 7', { days: [7] }, '2026-11-22T10:00:00Z', paris, true],
      ['before midnight', night, '2026-11-24T21:30:00Z', paris, true],
      ['after midnight', night, '2026-11-25T04:59:00Z', paris, true],
      ['after its end', night, '2026-11-25T05:00:00Z', paris, false],
      [
        'the night of Friday goes on into Saturday',
        { ...night, days: [5] },
        '2026-11-28T02:00:00Z',
        paris,
        true,
      ],
      ['but Saturday’s is another', { ...night, days: [5] }, '2026-11-28T22:00:00Z', paris, false],
      ['nor did Thursday begin one', { ...night, days: [5] }, '2026-11-27T02:00:00Z', paris, false],
      [
        'the last day’s night ends on the morning after',
        { ...night, lastDay: '2026-11-24' },
        '2026-11-25T03:00:00Z',
        paris,
        true,
      ],
      [
        'a new night does not begin then',
        { ...night, lastDay: '2026-11-24' },
        '2026-11-25T22:00:00Z',
        paris,
        false,
      ],
      [
        '24 hours: before the hour',
        { from: '09:00', to: '09:00', days: [2] },
        '2026-11-25T07:00:00Z',
        paris,
        true,
      ],
      ['24 hours: over', { from: '09:00', to: '09:00', days: [2] }, '2026-11-25T08:00:00Z', paris, false],
      ['the campaign’s first day', { firstDay: '2026-11-24' }, '2026-11-24T10:00:00Z', paris, true],
      ['the day before it', { firstDay: '2026-11-25' }, '2026-11-24T10:00:00Z', paris, false],
      ['the day after it', { lastDay: '2026-11-23' }, '2026-11-24T10:00:00Z', paris, false],
      // On 2026-10-25 the hour from two to three comes twice in Paris; on 2026-03-29 it does not come.
      ['02:30, first time', { from: '02:00', to: '03:00' }, '2026-10-25T00:30:00Z', paris, true],
      ['02:30, second time', { from: '02:00', to: '03:00' }, '2026-10-25T01:30:00Z', paris, true],
      ['03:00 after both', { from: '02:00', to: '03:00' }, '2026-10-25T02:00:00Z', paris, false],
      [
        '01:59 before the hour that is left out',
        { from: '02:00', to: '03:00' },
        '2026-03-29T00:59:59Z',
        paris,
        false,
      ],
      ['03:00 right after it', { from: '02:00', to: '03:00' }, '2026-03-29T01:00:00Z', paris, false],
      ['another zone has another hour', {}, '2026-11-24T08:30:00Z', 'Indian/Reunion', true],
      ['and closes earlier', {}, '2026-11-24T14:00:00Z', 'Indian/Reunion', false],
      ['midnight is 00:00', { from: '00:00', to: '00:01' }, '2026-11-23T23:00:30Z', paris, true],
    ];
    for (const [what, part, at, zone, expected] of rows)
      t.equal(isOpen(window(part), localMinute(Date.parse(at), zone)), expected, what);
    t.throws(() => localMinute(0, 'Mars/Base'), RangeError);
  },
);

t.test('once there is a period, nobody is listened to outside those that name him', async (t) => {
  const noon = localMinute(Date.parse('2026-11-24T11:00:00Z'), paris);
  const agent = { id: 'alice', teamIds: ['north'] };
  const rows: [string, ListeningWindow[], boolean][] = [
    ['no period at all', [], true],
    ['one for everybody', [window({})], true],
    ['one for his team', [window({ teamIds: ['north'] })], true],
    ['one for him', [window({ agentIds: ['alice'] })], true],
    ['one for another team', [window({ teamIds: ['south'] })], false],
    ['one for another agent of his team', [window({ agentIds: ['bob'] })], false],
    ['one for him that is closed', [window({ agentIds: ['alice'], to: '11:00' })], false],
    ['a second one that is open', [window({ to: '11:00' }), window({ from: '11:30' })], true],
  ];
  for (const [what, windows, allowed] of rows)
    t.equal(agentProtection({ windows }, agent, noon), allowed ? null : 'outside-listening-hours', what);
});

const call = (part: Partial<Call>): Call =>
  buildCall({ id: '01a1fd10-dcb8-70e5-b733-707a7e5c2584', ...part });
const party = (number: string) => ({ id: null, number, name: null });
const from = (number: string) =>
  call({ caller: party(number), customer: { ...party(number), nickname: null }, dialled: '0800123456' });
const to = (number: string) =>
  call({
    direction: 'outbound',
    dialled: number,
    callee: { ...party(number), publicName: null },
    customer: { ...party(number), nickname: null },
  });
const internal = call({
  direction: 'internal',
  dialled: '115',
  callee: { ...party('115'), publicName: null },
});
const leg = (id: string, part: Partial<Call['legs'][number]> = {}): Call['legs'][number] => ({
  uniqueId: id,
  channel: `PJSIP/${id}-1`,
  device: `PJSIP/${id}`,
  agent: { id, name: id },
  role: 'agent',
  startedAt: '2026-11-24T10:00:00.000Z',
  answeredAt: '2026-11-24T10:00:01.000Z',
  endedAt: null,
  cause: null,
  sipCode: null,
  ...part,
});
const visit = { from: '', to: '', position: null, outcome: null, attempts: [] };
const consultation = call({ phase: 'on-hold', legs: [leg('alice'), leg('bob')] });

t.test('a call is protected by what people said, its numbers, its queues and its kind', async (t) => {
  const lines = { protectEmergencyLines: true };
  const numbers = (...protectedNumbers: string[]) => ({ protectedNumbers });
  const kin = { protectInternalCalls: true };
  const rows: [string, Partial<Policy>, Call, CallMarkKind[], string | null][] = [
    ['nothing by default', {}, internal, [], null],
    ['the agent marked it', {}, from('0612345678'), ['private'], 'private-call'],
    ['the caller objects', {}, from('0612345678'), ['objection'], 'caller-objected'],
    ['the caller’s wish is named first', {}, from('0612345678'), ['private', 'objection'], 'caller-objected'],
    ['a number', numbers('0612345678'), from('0612345678'), [], 'number-never-listened'],
    ['the same, written abroad', numbers('0612345678'), from('+33612345678'), [], 'number-never-listened'],
    ['the same with 00', numbers('+33612345678'), to('0033612345678'), [], 'number-never-listened'],
    ['listed with 00', numbers('0033612345678'), from('06 12 34 56 78'), [], 'number-never-listened'],
    ['another number', numbers('0612345678'), from('0612345679'), [], null],
    ['a longer one', numbers('061234567'), from('0612345678'), [], null],
    ['any ending', numbers('0612*'), from('0612345678'), [], 'number-never-listened'],
    ['any ending abroad', numbers('+336*'), from('0612345678'), [], 'number-never-listened'],
    ['no such beginning', numbers('0613*'), from('0612345678'), [], null],
    ['a national pattern takes no foreign number', numbers('049*'), from('0049301234567'), [], null],
    ['the number dialled to us', numbers('0800123456'), from('0612345678'), [], 'number-never-listened'],
    ['an extension', numbers('115'), internal, [], 'number-never-listened'],
    ['nobody’s number', numbers('*'), call({}), [], null],
    ['an emergency', lines, to('112'), [], 'number-never-listened'],
    ['the SAMU', lines, to('15'), [], 'number-never-listened'],
    ['after the digit for outside', lines, to('03114'), [], 'number-never-listened'],
    ['after a 9 for outside', lines, to('915'), [], 'number-never-listened'],
    ['with the country', lines, to('+33112'), [], 'number-never-listened'],
    ['with the country and 00', lines, to('00333919'), [], 'number-never-listened'],
    ['with both before it', lines, to('0 00 33 31 33'), [], 'number-never-listened'],
    ['a European line from abroad', lines, to('+49 116 117'), [], 'number-never-listened'],
    ['a French line of another country', lines, to('+493919'), [], null],
    ['a subscriber abroad whose number ends so', lines, to('+33612345112'), [], null],
    ['two digits for outside', lines, to('00112'), [], null],
    ['they call back', lines, from('115'), [], 'number-never-listened'],
    ['a long number that begins so', lines, to('1512345678'), [], null],
    ['an extension like one', lines, internal, [], null],
    ['lines are not protected unless asked', {}, to('112'), [], null],
    ['a queue', { protectedQueues: ['hr'] }, call({ queue: 'hr' }), [], 'queue-never-listened'],
    [
      'a queue passed before',
      { protectedQueues: ['hr'] },
      call({ queue: 'sales', queueVisits: [{ queue: 'hr', ...visit }] }),
      [],
      'queue-never-listened',
    ],
    ['another queue', { protectedQueues: ['hr'] }, call({ queue: 'sales' }), [], null],
    ['between colleagues', kin, internal, [], 'internal-call-protected'],
    ['with a customer', kin, from('0612345678'), [], null],
    ['a consultation while the customer waits', kin, consultation, [], 'internal-call-protected'],
    ['not once they talk to him', kin, { ...consultation, phase: 'talking' }, [], null],
    [
      'not while the colleague’s phone rings',
      kin,
      { ...consultation, legs: [leg('alice'), leg('bob', { answeredAt: null })] },
      [],
      null,
    ],
    ['two phones of one person', kin, { ...consultation, legs: [leg('alice'), leg('alice')] }, [], null],
  ];
  for (const [what, policy, one, marks, expected] of rows)
    t.equal(callProtection({ ...defaultPolicy, ...policy }, one, new Set(marks)), expected, what);
});

t.test(
  'a right is withheld from a role on a team or on all, unless another of his roles gives it',
  async (t) => {
    const from = (
      role: Role,
      teamId: string | null,
      permission: Policy['withheld'][number]['permission'],
    ) => ({
      role,
      teamId,
      permission,
    });
    const rows: [string, Policy['withheld'], Role[], Record<string, Permission[]>][] = [
      ['nothing', [], ['supervisor'], {}],
      [
        'on a team',
        [from('supervisor', 'north', 'supervision.barge')],
        ['supervisor'],
        { north: ['supervision.barge'] },
      ],
      ['from another role', [from('manager', 'north', 'supervision.barge')], ['supervisor'], {}],
      [
        'he is a manager too',
        [from('supervisor', 'north', 'supervision.barge')],
        ['supervisor', 'manager'],
        {},
      ],
      [
        'both roles lack it',
        [from('supervisor', 'north', 'supervision.barge'), from('manager', null, 'supervision.barge')],
        ['supervisor', 'manager'],
        { north: ['supervision.barge'] },
      ],
      [
        'on every team',
        [from('supervisor', null, 'screens.watch')],
        ['supervisor', 'agent'],
        { [everyTeamKey]: ['screens.watch'] },
      ],
      ['what the role never gave', [from('agent', null, 'screens.watch')], ['agent'], {}],
    ];
    for (const [what, withheld, roles, expected] of rows) {
      const lacking = withheldFrom(withheld, roles);
      t.same(Object.fromEntries([...lacking].map(([team, set]) => [team, [...set]])), expected, what);
    }
    const everywhere = withheldFrom([from('supervisor', null, 'screens.watch')], ['supervisor']);
    const viewer = makeViewer({
      id: '1',
      name: 'Sam',
      roles: ['supervisor'],
      teamIds: [],
      withheld: everywhere,
    });
    t.notOk(viewer.permissions.has('screens.watch'), 'what is withheld everywhere is no right at all');
    t.ok(viewer.permissions.has('supervision.listen'));
  },
);
