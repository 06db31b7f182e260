/** The pure rules of supervision: states, which leg is the agent's, whose phone it is, why it failed. */

import fc from 'fast-check';
import t from 'tap';
import { audioModes, supervisionEnds } from '../../../src/contract/supervisions.ts';
import { chooseAgentLeg } from '../../../src/features/supervision/agent-leg.ts';
import { snoopDirections } from '../../../src/features/supervision/modes.ts';
import {
  bridgeIdOf,
  parseOwnId,
  phoneLegIdOf,
  snoopLegIdOf,
} from '../../../src/features/supervision/own-ids.ts';
import { isChannelOf, isRealDevice, whyPhoneFailed } from '../../../src/features/supervision/phone-leg.ts';
import { isOpen } from '../../../src/features/supervision/session.ts';
import {
  initialState,
  nextState,
  type SessionEvent,
} from '../../../src/features/supervision/session-state.ts';
import { assertMayHear, type RuleDeps } from '../../../src/features/supervision/supervision-rules.ts';
import { joinedSnoop } from '../../../src/features/supervision/supervision-session.ts';
import { noTies } from '../../../src/ports/absent.ts';
import type { DeviceLeg, Person } from '../../../src/ports/domain.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';

const id = '01a1fd0e-15a5-744b-9821-41641f6eb813';

const anyEvent = fc.oneof(
  fc.record({ kind: fc.constant('joined' as const), atMs: fc.nat() }),
  fc.record({ kind: fc.constant('mode-wanted' as const), mode: fc.constantFrom(...audioModes) }),
  fc.record({
    kind: fc.constant('snoop-made' as const),
    mode: fc.constantFrom(...audioModes),
    atMs: fc.nat(),
  }),
  fc.record({ kind: fc.constant('switched' as const), snoop: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('switch-failed' as const) }),
  fc.record({ kind: fc.constant('held' as const), onHold: fc.boolean() }),
  fc.record({ kind: fc.constant('end' as const), because: fc.constantFrom(...supervisionEnds) }),
  fc.record({
    kind: fc.constant('ended' as const),
    because: fc.constantFrom(...supervisionEnds),
    atMs: fc.nat(),
  }),
);

t.test('Whatever happens in whatever order, a supervision goes forward and ends once', async () => {
  const order = ['starting', 'live', 'ending', 'ended'];
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events: SessionEvent[]) => {
      let state = initialState('listen', id, 0, false);
      for (const event of events) {
        const next = nextState(state, event);
        if (order.indexOf(next.state) < order.indexOf(state.state)) return false;
        if (state.state === 'ended' && next !== state) return false;
        if (!isOpen(state) && next.mode !== state.mode) return false;
        if (isOpen(next) !== (next.endedBecause === null)) return false;
        if ((next.endedAtMs !== null) !== (next.state === 'ended')) return false;
        if (nextState(next, event).state !== next.state && event.kind !== 'end') return false;
        state = next;
      }
      return true;
    }),
  );
});

t.test('The first reason to end is the one that stays', async (t) => {
  const live = nextState(initialState('barge', id, 0, false), { kind: 'joined', atMs: 5 });
  const ending = nextState(live, { kind: 'end', because: 'stopped' });
  t.equal(nextState(ending, { kind: 'end', because: 'call-ended' }), ending);
  t.equal(nextState(ending, { kind: 'mode-wanted', mode: 'listen' }), ending);
});

const leg = (change: Partial<DeviceLeg>): DeviceLeg => ({
  takeable: true,
  pbx: 'main',
  uniqueId: '1.1',
  channel: 'PJSIP/1001-00000001',
  device: 'PJSIP/1001',
  callId: 'a',
  state: 'talking',
  sinceMs: 1,
  direction: 'inbound',
  queue: null,
  with: { number: null, name: null },
  certain: true,
  ...change,
});

t.test('The leg to listen to is the one that talks; nobody speaks unless it is certain', async (t) => {
  const held = leg({ callId: 'b', state: 'on-hold', sinceMs: 9 });
  const ringing = leg({ callId: 'c', state: 'ringing' });
  const second = leg({ callId: 'd', sinceMs: 5 });
  const unsure = leg({ certain: false });
  t.strictSame(chooseAgentLeg([held, leg({}), ringing], 'barge'), { leg: leg({}) });
  t.strictSame(chooseAgentLeg([leg({}), second], 'listen'), { leg: second });
  t.strictSame(chooseAgentLeg([leg({}), second], 'whisper'), { refused: 'agent-has-two-calls' });
  t.strictSame(chooseAgentLeg([leg({}), second], 'barge', 'a'), { refused: 'agent-has-two-calls' });
  t.strictSame(chooseAgentLeg([held], 'whisper'), { leg: held });
  t.strictSame(chooseAgentLeg([unsure], 'listen'), { leg: unsure });
  t.strictSame(chooseAgentLeg([unsure], 'barge'), { refused: 'agent-leg-uncertain' });
  t.strictSame(chooseAgentLeg([ringing], 'listen'), { refused: 'agent-not-on-call' });
  t.strictSame(chooseAgentLeg([leg({})], 'listen', 'z'), { refused: 'call-not-agents' });
});

t.test('A mode is changed by what is certain of the leg supervised, not of another one', async (t) => {
  const teams = [{ id: 't', name: 'T' }];
  const base = { login: null, publicName: null, teams, pbx: 'main', interfaces: [] };
  const agent: Person = { ...base, id: 'a', name: 'A', roles: ['agent'], devices: ['PJSIP/1001'] };
  const boss: Person = { ...base, id: 's', name: 'S', roles: ['supervisor'], devices: ['PJSIP/1901'] };
  const held = leg({ uniqueId: '2.1', callId: 'b', state: 'on-hold', certain: false });
  const deps = {
    people: { byId: (one: string) => [agent, boss].find(({ id: own }) => own === one) },
    calls: { byId: () => undefined, legsOfDevice: () => [held, leg({})] },
    ...noTies,
    isConnected: () => true,
  } as unknown as RuleDeps;
  const viewer = makeViewer({ id: 's', name: 'S', roles: ['supervisor'], teamIds: ['t'] });
  const on = (targetUniqueId: string) => ({ agent: { id: 'a', name: 'A', number: '1001' }, targetUniqueId });
  t.doesNotThrow(() => assertMayHear(deps, viewer, on('1.1'), 'whisper'));
  t.doesNotThrow(() => assertMayHear(deps, viewer, on('2.1'), 'listen'));
  t.throws(() => assertMayHear(deps, viewer, on('2.1'), 'whisper'), { code: 'agent-leg-uncertain' });
});

t.test(
  'Only a whisper or a barge gives the supervisor a voice, and only a barge gives it to the customer',
  async (t) => {
    t.strictSame(
      audioModes.map((mode) => snoopDirections(mode).whisper),
      ['none', 'out', 'both'],
    );
    t.ok(audioModes.every((mode) => snoopDirections(mode).spy === 'both'));
  },
);

t.test('The channel that answers must be the device that was rung', async (t) => {
  const cases: [device: string, channel: string, isSame: boolean][] = [
    ['PJSIP/1001', 'PJSIP/1001-0000002a', true],
    ['PJSIP/1001', 'PJSIP/1002-0000002a', false],
    ['PJSIP/1001', 'PJSIP/10011-0000002a', false],
    ['PJSIP/1001', 'Local/1001@vigie-never-forwarded-00000001;1', false],
    ['PJSIP/1001/sip:1001@10.0.0.1:5060', 'PJSIP/1001-0000002a', true],
    ['PJSIP/0612345678@trunk', 'PJSIP/trunk-0000002b', true],
    ['PJSIP/sup-1-2', 'PJSIP/sup-1-2-0000002b', true],
    ['SIP/1001', 'PJSIP/1001-0000002b', false],
    ['DAHDI/1', 'DAHDI/1-1', true],
  ];
  for (const [device, channel, isSame] of cases)
    t.equal(isChannelOf(device, channel), isSame, `${device} ${channel}`);
  for (const device of ['Local/1@x', 'local/1@x', 'PJSIP/1&PJSIP/2', 'PJSIP', 'PJSIP/1,2', 'PJSIP/1|2', '']) {
    t.equal(isRealDevice(device), false, device);
  }
  t.ok(isRealDevice('PJSIP/1001'));
});

t.test('Why a phone was not had comes from its SIP answer, else from the cause', async (t) => {
  const cases: [cause: number, sipCode: number | null, why: string][] = [
    [0, 302, 'phone-forwarded'],
    [17, 486, 'phone-busy'],
    [17, null, 'phone-busy'],
    [21, 603, 'phone-refused'],
    [21, null, 'phone-refused'],
    [19, null, 'phone-timeout'],
    [18, 408, 'phone-unreachable'],
    [19, 480, 'phone-unreachable'],
    [20, null, 'phone-unreachable'],
    [0, null, 'phone-unreachable'],
  ];
  for (const [cause, sipCode, why] of cases)
    t.equal(whyPhoneFailed(cause, sipCode), why, `${cause} ${sipCode}`);
});

t.test('Our ids tell whose they are, and nobody else’s look like them', async (t) => {
  t.strictSame(parseOwnId(snoopLegIdOf(id, 12)), { supervisionId: id, kind: 'snoop', n: 12 });
  t.strictSame(parseOwnId(phoneLegIdOf(id, 1)), { supervisionId: id, kind: 'phone', n: 1 });
  t.strictSame(parseOwnId(bridgeIdOf(id)), { supervisionId: id, kind: 'bridge', n: 0 });
  for (const other of [
    '1795246920.5',
    'vigie-helper-vigie',
    `vigie-${id}`,
    `vigie-${id}-snoop-`,
    `x${bridgeIdOf(id)}`,
  ]) {
    t.equal(parseOwnId(other), null, other);
  }
});

t.test(
  'Only a supervisor and exactly one snoop, together in the bridge, are a live supervision',
  async (t) => {
    const phone = { id: phoneLegIdOf(id, 1), channel: '', state: 'Up', createdAtMs: 0 };
    const bridge = (...legIds: string[]) => ({
      legs: [phone],
      bridges: [{ id: bridgeIdOf(id), name: '', legIds }],
    });
    t.equal(joinedSnoop(id, bridge(phone.id, snoopLegIdOf(id, 3))), 3);
    t.equal(joinedSnoop(id, bridge(phone.id)), null);
    t.equal(joinedSnoop(id, bridge(snoopLegIdOf(id, 3))), null);
    t.equal(joinedSnoop(id, bridge(phone.id, snoopLegIdOf(id, 3), snoopLegIdOf(id, 4))), null);
    t.equal(joinedSnoop(id, { legs: [], bridges: [] }), null);
  },
);
