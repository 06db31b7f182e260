/** Who hears whom, from facts alone: what of ChanSpy its dialplan tells, and how AMI's word goes before it. */
import t from 'tap';
import { spyPlanOf } from '../../../src/features/outside-listening/spy-plan.ts';
import { Spying } from '../../../src/features/outside-listening/spying.ts';
import type { LegSnapshot, TelephonyFact } from '../../../src/ports/telephony-facts.ts';

const leg = (uniqueId: string, channel: string, app = '', appData = '', exten = ''): LegSnapshot => ({
  uniqueId,
  channel,
  linkedId: uniqueId,
  createdAtMs: 0,
  state: 'up',
  caller: { number: '', name: '' },
  connected: { number: '', name: '' },
  accountCode: '',
  dialplan: { context: 'agents', exten, priority: 1, app, appData },
});
let sequence = 0;
const fact = (body: object): TelephonyFact =>
  ({
    pbx: 'main',
    source: 'ari',
    generation: 1,
    sequence: ++sequence,
    atMs: sequence,
    ...body,
  }) as TelephonyFact;
const seen = (one: LegSnapshot) => fact({ kind: 'leg-dialplan', leg: one });
const alice = leg('a', 'PJSIP/1001-0000000a');
const bruno = leg('b', 'PJSIP/1002-0000000b');

t.test('The arguments of ChanSpy and ExtenSpy say which legs they may hear', async (t) => {
  const heard = (app: string, data: string) => {
    const plan = spyPlanOf(leg('s', 'PJSIP/1901-0000000c', app, data, '555'))!;
    const legs = [alice, bruno, leg('x', 'PJSIP/trunk-1', 'Dial', '', '1001')];
    return [
      legs
        .filter(plan.matches)
        .map(({ uniqueId }) => uniqueId)
        .join(''),
      plan.certain,
    ];
  };
  t.same(heard('ChanSpy', 'PJSIP/1001,q'), ['a', true]);
  t.same(heard('chanspy', 'pjsip/1002'), ['b', true], 'in any case of letters');
  t.same(heard('ChanSpy', 'PJSIP/100'), ['ab', true], 'a beginning of names');
  t.same(heard('ChanSpy', ''), ['abx', true], 'everybody');
  t.same(heard('ChanSpy', ',qb'), ['abx', true]);
  t.same(heard('ChanSpy', 'PJSIP/1001,qg(sales:north)'), ['a', false], 'a group narrows it');
  t.same(heard('ChanSpy', 'PJSIP,e(1001:1002)'), ['abx', false], 'extensions narrow it');
  t.same(heard('ChanSpy', 'b,u'), ['b', true], 'one unique id');
  t.same(heard('ChanSpy', 'PJSIP/1001-0000000a,u'), ['a', true], 'one whole name');
  t.same(heard('ExtenSpy', '1001@agents,q'), ['x', true]);
  t.same(heard('ExtenSpy', '1001'), ['x', true], 'in its own context');
  t.equal(spyPlanOf(leg('s', 'PJSIP/1901-1', 'Dial', 'PJSIP/1001')), null);
});

t.test('Those who spy are not heard themselves, and who left the application hears nobody', async (t) => {
  const spying = new Spying();
  const spy = leg('s', 'PJSIP/1901-0000000c', 'ChanSpy', 'PJSIP');
  const other = leg('s2', 'PJSIP/1902-0000000d', 'ChanSpy', 'PJSIP');
  for (const one of [alice, spy, other]) spying.onFact(seen(one));
  t.match(spying.heardBy(spying.spy('s')!, null), { uniqueId: 'a' });
  spying.onFact(seen({ ...spy, dialplan: { ...spy.dialplan, app: 'Playback', appData: 'bye' } }));
  t.equal(spying.spy('s'), undefined);
  spying.onFact(fact({ kind: 'leg-ended', uniqueId: 's2' }));
  t.equal([...spying.spies()].length, 0);
});

t.test('One of several is not guessed; who was heard stays until his leg ends', async (t) => {
  const spying = new Spying();
  for (const one of [alice, bruno, leg('s', 'PJSIP/1901-0000000c', 'ChanSpy', 'PJSIP/100')])
    spying.onFact(seen(one));
  const spy = spying.spy('s')!;
  t.equal(spying.heardBy(spy, null), 'unknown');
  t.match(spying.heardBy(spy, { uniqueId: 'b', channel: '' }), { uniqueId: 'b' });
  spying.onFact(fact({ kind: 'leg-ended', uniqueId: 'b' }));
  t.match(spying.heardBy(spy, { uniqueId: 'b', channel: '' }), { uniqueId: 'a' });
  spying.onFact(fact({ kind: 'leg-state', leg: { ...alice, state: 'ringing' } }));
  t.equal(spying.heardBy(spy, null), null, 'who only rings is not heard');
});

t.test(
  'AMI’s word goes before the legs until AMI is lost; a late one raises nobody from the dead',
  async (t) => {
    const spying = new Spying();
    const spy = leg('s', 'PJSIP/1901-0000000c', 'ChanSpy', 'PJSIP/100');
    for (const one of [alice, bruno, spy]) spying.onFact(seen(one));
    const said = { spy: { uniqueId: 's', channel: spy.channel, via: 'chanspy', app: '' } };
    const target = { uniqueId: 'b', channel: bruno.channel };
    spying.onFact(fact({ kind: 'spy-began', ...said, target }));
    t.match(spying.heardBy(spying.spy('s')!, null), { uniqueId: 'b' });
    spying.onFact(fact({ kind: 'spy-ended', spyUniqueId: 's' }));
    t.equal(spying.heardBy(spying.spy('s')!, null), null, 'it waits for the next');
    spying.onFact(fact({ kind: 'ami-lost', detail: '' }));
    t.equal(spying.heardBy(spying.spy('s')!, null), 'unknown');
    spying.onFact(fact({ kind: 'leg-ended', uniqueId: 's' }));
    spying.onFact(fact({ kind: 'spy-began', ...said, target }));
    t.equal(spying.spy('s'), undefined);
  },
);

t.test('A resync forgets whoever is gone, and no other', async (t) => {
  const spying = new Spying();
  const snoop = { uniqueId: 'n', channel: 'Snoop/a-00000001', via: 'snoop', app: 'other' };
  const target = { uniqueId: 'a', channel: '' };
  spying.onFact(fact({ kind: 'spy-began', spy: snoop, target }));
  spying.onFact(fact({ kind: 'resynced', liveUniqueIds: ['a', 'n'] }));
  t.match(spying.heardBy(spying.spy('n')!, null), { uniqueId: 'a' });
  spying.onFact(fact({ kind: 'resynced', liveUniqueIds: ['a'] }));
  t.equal(spying.spy('n'), undefined);
});
