import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createEventBuffer } from '../../../src/adapters/ari/event-buffer.ts';
import { eventTypesUsed, factOf } from '../../../src/adapters/ari/facts.ts';
import { createLivingLegs } from '../../../src/adapters/ari/living-legs.ts';
import { factsOfSnapshot } from '../../../src/adapters/ari/pbx-snapshot.ts';
import { queueNamesIn } from '../../../src/adapters/ari/queue-names.ts';
import { isTooOld, majorOf } from '../../../src/adapters/ari/requirements.ts';
import { timeMs } from '../../../src/adapters/ari/snapshots.ts';
import type { AriEvent, Bridge, Channel } from '../../../src/asterisk-ari-client/index.ts';
import { deviceFactOf } from '../../../src/ports/device-fact.ts';
import { createFactStamp } from '../../../src/ports/fact-stamp.ts';
import type { FactBody } from '../../../src/ports/telephony-facts.ts';

const recorded = (name: string): AriEvent[] =>
  readFileSync(join(import.meta.dirname, 'recorded', `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const channel = (id: string, name: string, more: Partial<Channel> = {}): Channel => ({
  id,
  name,
  protocol_id: '',
  state: 'Up',
  caller: { name: '', number: '' },
  connected: { name: '', number: '' },
  accountcode: '',
  dialplan: { context: 'default', exten: 's', priority: 1, app_name: '', app_data: '' },
  creationtime: '2026-11-21T07:25:25.979+0000',
  language: 'en',
  ...more,
});
const bridge = (id: string, more: Partial<Bridge> = {}): Bridge => ({
  id,
  technology: 'simple_bridge',
  bridge_type: 'mixing',
  bridge_class: 'basic',
  creator: '',
  name: '',
  channels: [],
  creationtime: '2026-11-21T07:25:25.979+0000',
  ...more,
});
const event = (type: string, fields: object): AriEvent =>
  ({ type, application: 'vigie', timestamp: '2026-11-21T07:25:25.979+0000', ...fields }) as AriEvent;

const brief = (body: FactBody): string => {
  switch (body.kind) {
    case 'dial':
      return `dial ${body.status || 'begins'}`;
    case 'leg-state':
      return `${body.leg.channel.replace(/-.*/, '')} ${body.leg.state}`;
    default:
      return body.kind;
  }
};

t.test('A recorded call to a phone that answers becomes facts in their order', async (t) => {
  const facts = recorded('busy-then-answered').flatMap((one) => factOf(one) ?? []);
  const answered = facts.slice(facts.findIndex((body) => body.kind === 'leg-ended') + 2);
  t.same(answered.map(brief), [
    'leg-created',
    'leg-dialplan',
    'leg-created',
    'leg-dialplan',
    'dial begins',
    'PJSIP/1002 ringing',
    'dial RINGING',
    'PJSIP/1002 up',
    'dial ANSWER',
    'PJSIP/trunk up',
    'leg-dialplan',
    'bridge-entered',
    'bridge-entered',
    'bridge-left',
    'leg-ended',
    'bridge-left',
    'leg-ended',
  ]);
  const ends = facts.filter((body) => body.kind === 'leg-ended');
  t.equal(ends.length, 4);
  t.match(ends.at(-1), { cause: 16, causeText: 'Normal Clearing', hangupSource: /^PJSIP\/1002-/ });
});

t.test('A recorded queue call through a Local member tells all its legs and its queue', async (t) => {
  const events = recorded('queue-local-member');
  const facts = events.flatMap((one) => factOf(one) ?? []);
  t.equal(facts.filter((body) => body.kind === 'leg-created').length, 4);
  t.equal(facts.filter((body) => body.kind === 'bridge-entered').length, 4);
  t.equal(deviceFactOf({ name: 'Local/1004@from-queue', state: 'INUSE' }), undefined);
  t.same(new Set(events.flatMap(queueNamesIn)), new Set(['support']));
});

t.test('Every type that the PBX is asked to send tells a fact', async (t) => {
  const leg = channel('1.1', 'PJSIP/1001-00000001');
  const endpoint = { technology: 'PJSIP', resource: '1001', state: 'online', channel_ids: [] };
  const fields = {
    channel: leg,
    bridge: bridge('b'),
    transferer_first_leg: leg,
    transferer_second_leg: leg,
    device_state: { name: 'PJSIP/1001', state: 'INUSE' },
    endpoint,
    args: [],
  };
  for (const type of eventTypesUsed) {
    const more =
      type === 'Dial'
        ? { peer: leg, dialstatus: '' }
        : type === 'PeerStatusChange'
          ? { peer: { peer_status: 'Reachable' } }
          : type === 'StasisStart'
            ? { channel: channel('vigie-1-phone', 'PJSIP/1901-00000001') }
            : {};
    t.ok(factOf(event(type, { ...fields, ...more })), type);
  }
});

t.test('Own legs and other programs’ snoops are never legs of a call', async (t) => {
  const own = channel('vigie-1-phone', 'PJSIP/1901-00000001', { state: 'Ringing' });
  const cases: Array<[string, AriEvent, FactBody | undefined]> = [
    ['created', event('ChannelCreated', { channel: own }), undefined],
    [
      'rings',
      event('ChannelStateChange', { channel: own }),
      { kind: 'own-leg-ringing', uniqueId: 'vigie-1-phone' },
    ],
    [
      'ready',
      event('StasisStart', { channel: own, args: ['a', 'b'] }),
      { kind: 'own-leg-ready', uniqueId: 'vigie-1-phone', channel: own.name, args: ['a', 'b'] },
    ],
    [
      'ends',
      event('ChannelDestroyed', { channel: own, cause: 17, cause_txt: 'User busy', tech_cause: 486 }),
      { kind: 'own-leg-ended', uniqueId: 'vigie-1-phone', channel: own.name, cause: 17, sipCode: 486 },
    ],
    ['enters', event('ChannelEnteredBridge', { channel: own, bridge: bridge('vigie-1-bridge') }), undefined],
    ['dialled', event('Dial', { peer: own, dialstatus: 'RINGING' }), undefined],
    ['held', event('ChannelHold', { channel: own }), undefined],
    [
      'helper',
      event('StasisStart', { channel: channel('vigie-helper-vigie', 'UnicastRTP/x'), args: [] }),
      undefined,
    ],
    ['foreign snoop', event('ChannelCreated', { channel: channel('9.9', 'Snoop/5.5-00000001') }), undefined],
    [
      'foreign app',
      event('StasisStart', { channel: channel('9.9', 'PJSIP/1001-00000002'), args: [] }),
      undefined,
    ],
  ];
  for (const [name, input, expected] of cases) t.same(factOf(input), expected, name);
});

t.test('Bridges say what they are for', async (t) => {
  const kinds: Array<[Partial<Bridge> & { id: string }, string]> = [
    [{ id: 'b' }, 'mixing'],
    [{ id: 'b', bridge_type: 'holding', bridge_class: 'parking' }, 'holding'],
    [{ id: 'b', creator: 'ConfBridge', bridge_class: 'base' }, 'conference'],
    [{ id: 'b', creator: 'AgentPool', bridge_type: 'holding' }, 'agent-pool'],
    [{ id: 'vigie-7-bridge', creator: 'Stasis' }, 'ours'],
  ];
  for (const [{ id, ...more }, expected] of kinds) {
    const fact = factOf(
      event('ChannelEnteredBridge', {
        channel: channel('1.1', 'PJSIP/1001-00000001'),
        bridge: bridge(id, more),
      }),
    );
    t.equal(fact?.kind === 'bridge-entered' && fact.bridge, expected);
  }
});

t.test('Device states tell of devices and of queue pauses, and nothing of queues themselves', async (t) => {
  const told = (name: string, state: string) => deviceFactOf({ name, state });
  t.same(told('PJSIP/1001', 'ONHOLD'), { kind: 'device-state', device: 'PJSIP/1001', state: 'on-hold' });
  t.same(told('Custom:DND1001', 'BUSY'), { kind: 'device-state', device: 'Custom:DND1001', state: 'busy' });
  t.same(told('PJSIP/1001', 'NEW_WORD'), { kind: 'device-state', device: 'PJSIP/1001', state: 'unknown' });
  t.same(told('Queue:night_pause_team_pause_Local/1@x/n', 'INUSE'), {
    kind: 'queue-pause',
    queue: 'night_pause_team',
    interface: 'Local/1@x/n',
    paused: true,
    reason: null,
  });
  t.equal(told('Queue:sales', 'RINGING'), undefined);
  t.equal(told('Queue:sales_avail', 'INUSE'), undefined);
  for (const name of ['Local/1001@from-queue', 'Announcer/vigie', 'Recorder/x'])
    t.equal(told(name, 'INUSE'), undefined);
});

t.test('Times are read to the millisecond in any zone, and what is no time is none', async (t) => {
  t.equal(timeMs('2026-11-21T07:25:25.979+0000'), Date.parse('2026-11-21T07:25:25.979Z'));
  t.equal(timeMs('2026-11-21T07:25:26.001+0000'), Date.parse('2026-11-21T07:25:26.001Z'));
  t.equal(timeMs('2026-11-21T08:25:25.979+0530'), Date.parse('2026-11-21T08:25:25.979+05:30'));
  t.equal(timeMs('2026-11-21T08:25:25.979-0800'), Date.parse('2026-11-21T08:25:25.979-08:00'));
  for (const text of ['', 'x'.repeat(28), '2026-99-21T07:25:25.979+0000', null, 7])
    t.equal(timeMs(text), undefined);
});

t.test('Versions are read from any of Asterisk’s ways of writing them', async (t) => {
  t.equal(majorOf('22.10.1+dfsg+~cs6'), 22);
  t.equal(majorOf('certified/18.9-cert5'), 18);
  t.equal(majorOf('GIT-master-abc'), undefined);
  t.equal(isTooOld('16.28.0~dfsg-0+deb11u4'), true);
  t.equal(isTooOld('18.26.4'), false);
  t.equal(isTooOld('GIT-master-abc'), false);
});

t.test('A snapshot tells living legs and who is in which bridge, ours left out', async (t) => {
  const snapshot = {
    channels: [channel('1.1', 'PJSIP/1001-00000001'), channel('vigie-2-phone', 'PJSIP/1901-00000002')],
    bridges: [bridge('b1', { channels: ['1.1', 'vigie-2-phone', 'gone'] })],
    endpoints: [{ technology: 'PJSIP', resource: '1001', state: 'offline', channel_ids: [] }],
  };
  const facts = factsOfSnapshot(snapshot, 1_700);
  t.same(
    facts.map(({ kind }) => kind),
    ['leg-seen', 'bridge-entered', 'endpoint'],
  );
  t.match(facts[0], { unseenSinceMs: 1_700, bridgeId: 'b1' });
  t.match(factsOfSnapshot({ ...snapshot, bridges: [] }, 0)[0], { kind: 'leg-seen', bridgeId: null });
  t.match(facts[2], { device: 'PJSIP/1001', online: false });
});

t.test('Legs known before and not found are told as vanished once, own ones as ended', async (t) => {
  const legs = createLivingLegs();
  const take = (one: AriEvent) => {
    const body = factOf(one);
    if (body) legs.follow(body);
  };
  take(event('ChannelCreated', { channel: channel('1.1', 'PJSIP/1001-00000001') }));
  take(event('ChannelCreated', { channel: channel('1.2', 'PJSIP/1002-00000001') }));
  take(event('StasisStart', { channel: channel('vigie-2-phone', 'PJSIP/1901-00000002'), args: [] }));
  take(event('ChannelDestroyed', { channel: channel('1.2', 'PJSIP/1002-00000001'), cause: 16 }));
  const gap = { lastSeenAtMs: 5, becauseRestarted: true };
  t.same(legs.vanished(new Set(), gap), [
    { kind: 'leg-vanished', uniqueId: '1.1', ...gap },
    {
      kind: 'own-leg-ended',
      uniqueId: 'vigie-2-phone',
      channel: 'PJSIP/1901-00000002',
      cause: 0,
      sipCode: null,
    },
  ]);
  t.same(legs.vanished(new Set(), gap), []);
});

t.test('Events wait in their order, and a full buffer says so', async (t) => {
  const buffer = createEventBuffer(2);
  t.equal(buffer.add(event('ChannelDestroyed', { channel: channel('1', 'a') }), 1), true);
  t.equal(buffer.add(event('ChannelCreated', { channel: channel('2', 'b') }), 2), true);
  t.equal(buffer.add(event('ChannelCreated', { channel: channel('3', 'c') }), 3), false);
  t.same(buffer.endedIds(), ['1']);
  const drained: number[] = [];
  buffer.drain((_, atMs) => drained.push(atMs));
  buffer.drain((_, atMs) => drained.push(atMs));
  t.same(drained, [1, 2]);
});

t.test('Generations grow over restarts and over quick reconnections', async (t) => {
  let nowMs = 1_000_000_000_000;
  const stamp = () => createFactStamp('main', 'ari', { now: () => nowMs });
  const first = stamp();
  const generations = [1, 2, 3].map(() => {
    first.nextGeneration();
    return first.fact({ kind: 'ami-connected' }, 0).generation;
  });
  nowMs += 3000;
  const second = stamp();
  second.nextGeneration();
  generations.push(second.fact({ kind: 'ami-connected' }, 0).generation);
  t.same(
    generations,
    [...new Set(generations)].sort((a, b) => a - b),
  );
  second.learnClock(nowMs + 500, nowMs - 10, nowMs + 10);
  t.equal(second.pbxNowMs(), nowMs + 500);
  t.equal(second.oursMs(nowMs + 500), nowMs);
});
