/** The supervisor's own phone: what it may do wrong, and that nothing of it reaches the call or stays on the PBX. */

import { readFile } from 'node:fs/promises';
import t from 'tap';
import { inState, openScene } from '../support/supervision-scene.ts';

// What the administrator's include brings: a phone's forwarding leaves no call record either.
const dialplan = await readFile(new URL('../../dialplan/extensions_vigie.conf', import.meta.url), 'utf8');
const scene = await openScene({ name: 'sup-phones', pbx: { dialplan } });
t.teardown(() => scene.close());
t.setTimeout(240_000);
const run = await scene.start({ ringTimeoutMs: 3_000 });
const { lab } = scene;

async function endOf(supervisorNumber: string, agentNumber: string, limitMs?: number) {
  const viewer = scene.viewer(supervisorNumber);
  const started = await run.feature.start(viewer, scene.wish(agentNumber));
  t.equal(started.state, 'starting', 'the answer comes at once');
  const ended = await inState(run, viewer, started.id, 'ended', limitMs);
  await scene.nothingOfOurs();
  return ended;
}

t.test(
  'A phone that cannot be had ends the supervision with its own reason, and the call goes on',
  async (t) => {
    const { customer, agent } = await scene.talk('1001', '1001');
    const cases = [
      ['1903', 'phone-unreachable'],
      ['1905', 'phone-busy'],
      ['1906', 'phone-refused'],
      ['1907', 'phone-timeout'],
      ['1908', 'phone-timeout'],
    ] as const;
    for (const [number, reason] of cases) {
      const ended = await endOf(number, '1001');
      t.equal(ended.endedBecause, reason, `${number}: ${ended.endedBecause}`);
      t.ok(ended.endedAt);
    }
    t.notOk(customer.end);
    t.notOk(agent.end);
    await customer.hangup();
  },
);

t.test('A phone that answers late is heard as soon as it does', async (t) => {
  const { customer } = await scene.talk('1001', '1001');
  lab.phones.behave('1908', { answerAfterMs: 1_500 });
  const viewer = scene.viewer('1908');
  const { id } = await run.feature.start(viewer, scene.wish('1001'));
  const live = await inState(run, viewer, id, 'live');
  t.ok(Date.parse(live.calls[0]!.from) - Date.parse(live.startedAt) >= 1_400);
  await run.feature.stop(viewer, id);
  await customer.hangup();
  await scene.nothingOfOurs();
});

t.test('A phone that answers 302 is not followed: nothing is dialled, no snoop is joined', async (t) => {
  const { customer, agent } = await scene.talk('1001', '1001');
  const outside = lab.phones.log.length;
  const ended = await endOf('1904', '1001');
  t.equal(ended.endedBecause, 'phone-forwarded');
  t.equal(
    run.facts.some((fact) => fact.kind === 'bridge-entered' && fact.bridgeId.includes(ended.id)),
    false,
  );
  t.strictSame(
    lab.phones.log.slice(outside).filter(({ phone }) => phone === 'outside'),
    [],
    'the outside number never rang',
  );
  t.notOk(agent.end);
  await customer.hangup();
});

t.test(
  'Another channel that answers in the place of the phone is hung up before any snoop is joined',
  async (t) => {
    const { customer } = await scene.talk('1001', '1001');
    // As if the PBX had led the ringing elsewhere: a channel of another device enters our application in its name.
    lab.phones.behave('1902', { answer: 'auto' });
    const viewer = scene.viewer('1907');
    const { id } = await run.feature.start(viewer, scene.wish('1001'));
    const legId = `vigie-${id}-phone-1`;
    await lab.pbx.ari.request('POST', '/channels', { endpoint: 'PJSIP/1902', app: 'vigie', appArgs: legId });
    const ended = await inState(run, viewer, id, 'ended');
    t.equal(ended.endedBecause, 'phone-forwarded');
    await scene.nothingOfOurs();
    const left = await lab.pbx.channels();
    t.notOk(
      left.some(({ name }) => name.startsWith('PJSIP/1902')),
      'the other phone is hung up',
    );
    await customer.hangup();
  },
);

t.test('The phone is asked to answer by itself and shows the agent', async (t) => {
  const { customer } = await scene.talk('1001', '1001');
  const ringing = lab.phones.nextCall('1901');
  const viewer = scene.viewer('1901');
  const { id } = await run.feature.start(viewer, scene.wish('1001'));
  const phone = await ringing;
  await inState(run, viewer, id, 'live');
  t.equal(phone.autoAnswerAsked, true);
  t.strictSame(phone.from, { name: 'Alice Martin', number: '1001' });
  await phone.waitAnswered();
  await phone.hangup();
  const ended = await inState(run, viewer, id, 'ended');
  t.equal(ended.endedBecause, 'phone-hung-up');
  await scene.nothingOfOurs();
  await customer.hangup();
});

t.test('A hostile name of an agent cannot change what is dialled or shown as a number', async (t) => {
  const agent = scene.person('1002');
  scene.people.replace({
    ...agent,
    publicName: `"<b>\u202eEve\r\nX-Evil: 1" <sip:911@x> ${'é'.repeat(500)}`,
  });
  const { customer } = await scene.talk('1002', '1002');
  const ringing = lab.phones.nextCall('1901');
  const viewer = scene.viewer('1901');
  const { id } = await run.feature.start(viewer, scene.wish('1002'));
  const phone = await ringing;
  await inState(run, viewer, id, 'live');
  t.equal(phone.from.number, '1002');
  t.ok(phone.from.name.length <= 80);
  await run.feature.stop(viewer, id);
  await customer.hangup();
  await scene.nothingOfOurs();
  scene.people.replace(agent);
});

t.test('Who has no phone, or only a group of them, is told so at the click', async (t) => {
  const { customer } = await scene.talk('1001', '1001');
  const person = scene.person('1902');
  for (const [devices, code] of [
    [[], 'no-phone'],
    [['Local/1902@from-internal'], 'phone-not-a-device'],
    [['local/1902@from-internal'], 'phone-not-a-device'],
    [['PJSIP/1902&PJSIP/1901'], 'phone-not-a-device'],
  ] as const) {
    const viewer = scene.viewer('1902');
    scene.people.replace({ ...person, devices });
    await t.rejects(run.feature.start(viewer, scene.wish('1001')), { code });
    scene.people.replace(person);
  }
  await customer.hangup();
  await scene.nothingOfOurs();
});

t.test('The call records of the PBX hold no row of ours', async (t) => {
  const text = await readFile(lab.pbx.cdrFile, 'utf8');
  t.match(text, /"PJSIP\/1001-/, 'customers’ calls are there');
  t.notMatch(text, /vigie|Snoop|PJSIP\/190/);
  t.ok(
    run.facts.some((fact) => fact.kind === 'own-leg-ended' && fact.channel.startsWith('Snoop/')),
    'there were snoops',
  );
});
