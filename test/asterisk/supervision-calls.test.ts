/** The calls supervised: which leg is the agent's, what is refused, and how each supervision ends with its call. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { waitFor } from '../../scripts/lab/tools.ts';
import { noTies } from '../../src/ports/absent.ts';
import { inState, openScene } from '../support/supervision-scene.ts';
import { judgeWhoHearsWhom } from '../support/who-hears-whom.ts';

const scene = await openScene({ name: 'sup-calls' });
t.teardown(() => scene.close());
t.setTimeout(240_000);
const run = await scene.start();
const { lab } = scene;
const viewer = scene.viewer('1901');
const other = scene.viewer('1902');
const ear = await lab.listen();

async function listenTo(agentNumber: string, mode: 'listen' | 'whisper' | 'barge' = 'listen', by = viewer) {
  const { id } = await run.feature.start(by, scene.wish(agentNumber, { mode }));
  return inState(run, by, id, 'live');
}

const legsOf = (number: string) => run.calls.live.legsOfDevice('main', `PJSIP/${number}`);

t.test('What is known at the click is refused at the click', async (t) => {
  const start = (change: object) => run.feature.start(viewer, scene.wish('1001', change));
  await t.rejects(start({}), { code: 'agent-not-on-call' });
  await t.rejects(start({ agentId: '01900000-0000-7000-8000-000000000000' }), { code: 'agent-not-found' });
  await t.rejects(start({ agentId: scene.person('1901').id }), { code: 'own-call' });
  const { customer } = await scene.talk('1001', '1001');
  await t.rejects(start({ callId: '01900000-0000-7000-8000-000000000000' }), { code: 'call-already-ended' });
  await t.rejects(start({ device: 'browser' }), { code: 'no-browser-phone' });
  await t.rejects(start({ reason: ' ' }), { code: 'validation-failed' });
  await t.rejects(run.feature.start(scene.viewer('1002'), scene.wish('1001')), { code: 'not-allowed' });
  const stranger = { ...viewer, teamIds: [] };
  await t.rejects(run.feature.start(stranger, scene.wish('1001')), { code: 'outside-your-teams' });
  const talk = await scene.talk('1002', '1002');
  const callId = legsOf('1002')[0]!.callId;
  await t.rejects(start({ callId }), { code: 'call-not-agents' });
  await Promise.all([customer.hangup(), talk.customer.hangup()]);
  t.strictSame(run.audit, [], 'nothing was done, so nothing is in the audit log');
  await scene.nothingOfOurs();
});

t.test('Two supervisors on one agent hear him both, and see each other', async (t) => {
  const { customer, agent } = await scene.talk('1001', '1001');
  const phones = [lab.phones.nextCall('1901'), lab.phones.nextCall('1902')];
  const [first, second] = await Promise.all([listenTo('1001', 'whisper'), listenTo('1001', 'listen', other)]);
  const [one, two] = await Promise.all(phones);
  await Promise.all([one!.waitAnswered(), two!.waitAnswered()]);
  const seen = run.feature.live.ofAgent(scene.person('1001').id);
  t.strictSame(seen.map(({ id }) => id).sort(), [first.id, second.id].sort());
  t.equal((await run.feature.get(other, first.id)).by.name, 'Sophie Bernard');
  const fromMs = Date.now() + 200;
  const heard = async (call: typeof customer) => {
    const { levels } = await ear.heardBy(call, {
      fromMs,
      toMs: fromMs + 600,
      tonesHz: [400, 800, 1500, 1550],
    });
    return [400, 800, 1500, 1550].filter((hz) => levels[hz]!.mean > 0.15);
  };
  t.strictSame(await heard(customer), [800]);
  t.strictSame(await heard(agent), [400, 1500]);
  t.strictSame(await heard(two!), [400, 800], 'a whisper is the agent’s alone');
  await run.feature.stop(viewer, first.id);
  t.equal((await run.feature.get(other, second.id)).state, 'live', 'the other one goes on');
  await t.rejects(run.feature.change(viewer, second.id, { mode: 'barge' }), { code: 'not-allowed' });
  await customer.hangup();
  t.equal((await inState(run, other, second.id, 'ended')).endedBecause, 'call-ended');
  await scene.nothingOfOurs();
});

t.test(
  'A supervisor has one supervision at a time; a second click on the same agent changes the mode',
  async (t) => {
    const talks = [await scene.talk('1001', '1001'), await scene.talk('1002', '1002')];
    const live = await listenTo('1001');
    await t.rejects(run.feature.start(viewer, scene.wish('1002')), { code: 'supervision-busy' });
    const again = await run.feature.start(viewer, scene.wish('1001', { mode: 'whisper' }));
    t.equal(again.id, live.id);
    t.equal(again.mode, 'whisper');
    await run.feature.stop(viewer, live.id);
    const next = await listenTo('1002');
    t.equal((await run.feature.stop(viewer, next.id)).endedBecause, 'stopped');
    t.equal((await run.feature.stop(viewer, next.id)).endedBecause, 'stopped', 'stopping twice is fine');
    await t.rejects(run.feature.change(viewer, next.id, { mode: 'barge' }), { code: 'supervision-ended' });
    for (const { customer } of talks) await customer.hangup();
    await scene.nothingOfOurs();
  },
);

t.test('On hold the supervisor may listen, and it is said that the agent cannot hear', async (t) => {
  const { customer, agent } = await scene.talk('1001', '1001');
  const live = await listenTo('1001');
  t.equal(live.onHold, false);
  await agent.hold();
  await waitFor('onHold', () => run.feature.live.bySupervisor(viewer.personId)?.onHold === true);
  await agent.unhold();
  await waitFor('not onHold', () => run.feature.live.bySupervisor(viewer.personId)?.onHold === false);
  await run.feature.stop(viewer, live.id);
  await agent.hold();
  await waitFor('the hold', () => legsOf('1001')[0]?.state === 'on-hold');
  const held = await listenTo('1001');
  t.equal(held.onHold, true);
  await customer.hangup();
  t.equal((await inState(run, viewer, held.id, 'ended')).endedBecause, 'call-ended');
  await scene.nothingOfOurs();
});

t.test('With two calls up and none on hold nobody speaks to the agent', async (t) => {
  const one = await scene.talk('1001', '1001');
  const two = await scene.talk('1001', '1001');
  await waitFor('two legs', () => legsOf('1001').filter(({ state }) => state === 'talking').length === 2);
  for (const mode of ['whisper', 'barge'] as const) {
    await t.rejects(run.feature.start(viewer, scene.wish('1001', { mode })), { code: 'agent-has-two-calls' });
  }
  const live = await listenTo('1001');
  await t.rejects(run.feature.change(viewer, live.id, { mode: 'barge' }), { code: 'agent-has-two-calls' });
  await one.agent.hold();
  await waitFor('the hold', () => legsOf('1001').some(({ state }) => state === 'on-hold'));
  t.equal((await run.feature.change(viewer, live.id, { mode: 'barge' })).mode, 'barge');
  await Promise.all([one.customer.hangup(), two.customer.hangup()]);
  await inState(run, viewer, live.id, 'ended');
  await scene.nothingOfOurs();
});

t.test(
  'The agent is found whatever way his call came: queue, FreePBX member, direct media, two phones',
  async (t) => {
    const ways = [
      { to: '8010', number: '1004' },
      { to: '8030', number: '1004' },
      { to: '8513', number: '1011', codec: 'alaw', direct: true },
      { to: '1010', number: '1010' },
    ] as const;
    await lab.pbx.cli('queue add member Local/1004@from-queue/n to waiting');
    for (const { to, number, ...way } of ways) {
      const { customer, agent } = await scene.talk(to, number, 'codec' in way ? way.codec : undefined);
      if ('direct' in way) await waitFor('media to go directly', () => goesDirectly(number));
      await waitFor(`the leg of ${number}`, () => legsOf(number).some(({ state }) => state === 'talking'));
      const ringing = lab.phones.nextCall('1901');
      const askedAtMs = Date.now();
      const live = await listenTo(number, 'barge');
      const phone = await ringing;
      await phone.waitAnswered();
      const span = { mode: 'barge', askedAtMs, repliedAtMs: Date.now(), untilMs: Date.now() + 900 } as const;
      const tones = [customer.toneHz, agent.toneHz, phone.toneHz];
      const hears = async (call: typeof phone) => {
        const at = { fromMs: span.repliedAtMs + 300, toMs: span.untilMs, tonesHz: tones };
        const { levels } = await ear.heardBy(call, at);
        return tones.filter((hz) => levels[hz]!.mean > 0.15);
      };
      t.strictSame(
        await hears(customer),
        [tones[1], tones[2]],
        `${to}: the customer hears agent and supervisor`,
      );
      t.strictSame(
        await hears(agent),
        [tones[0], tones[2]],
        `${to}: the agent hears customer and supervisor`,
      );
      t.strictSame(await hears(phone), [tones[0], tones[1]], `${to}: the supervisor hears both`);
      await run.feature.change(viewer, live.id, { mode: 'listen' });
      await agent.hangup();
      t.equal((await inState(run, viewer, live.id, 'ended')).endedBecause, 'call-ended');
      await customer.waitEnded().catch(() => customer.hangup());
    }
    await scene.nothingOfOurs();
  },
);

t.test('A transfer of the customer away from the agent ends the supervision; the call goes on', async (t) => {
  const { customer, agent } = await scene.talk('1001', '1001');
  const live = await listenTo('1001', 'barge');
  const arriving = lab.phones.nextCall('1002');
  await agent.blindTransfer('1002');
  const ended = await inState(run, viewer, live.id, 'ended');
  t.equal(ended.endedBecause, 'agent-left');
  await scene.nothingOfOurs();
  await (await arriving).waitAnswered();
  t.notOk(customer.end, 'the customer talks with the other agent');
  await customer.hangup();
});

t.test(
  'A call that ends during the click ends the supervision at whatever moment, and leaves nothing',
  async (t) => {
    let seed = 7;
    const random = () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    lab.phones.behave('1902', { answer: 'auto', answerAfterMs: 20 });
    const outcomes: string[] = [];
    for (let i = 0; i < 16; i++) {
      const { customer, agent } = await scene.talk('1003', '1003');
      const by = i % 2 ? viewer : other;
      const hangup = new Promise((done) => setTimeout(done, random() * 60)).then(() =>
        (i % 3 ? customer : agent).hangup(),
      );
      const started = await run.feature
        .start(by, scene.wish('1003', { mode: 'barge' }))
        .catch((error) => error.code);
      await hangup;
      if (typeof started === 'string') outcomes.push(started);
      else outcomes.push((await inState(run, by, started.id, 'ended')).endedBecause!);
      await scene.nothingOfOurs();
    }
    t.comment(outcomes.join(' '));
    const fine = ['call-ended', 'agent-not-on-call', 'phone-hung-up'];
    t.strictSame(
      outcomes.filter((outcome) => !fine.includes(outcome)),
      [],
    );
  },
);

t.test('Rights that are removed end the supervision at once', async (t) => {
  const { customer } = await scene.talk('1001', '1001');
  const person = scene.person('1901');
  for (const change of [{ roles: ['agent'] as const }, { teams: [] }]) {
    const live = await listenTo('1001');
    scene.people.replace({ ...person, ...change });
    t.equal((await inState(run, viewer, live.id, 'ended')).endedBecause, 'rights-removed');
    scene.people.replace(person);
  }
  await customer.hangup();
  await scene.nothingOfOurs();
});

t.test(
  'Each act is in the database and the audit log, before any sound; none is in the call records',
  async (t) => {
    const { customer, agent } = await scene.talk('1001', '1001');
    const before = run.audit.length;
    const rowsBefore = (await readFile(lab.pbx.cdrFile, 'utf8')).length;
    const ringing = lab.phones.nextCall('1901');
    const askedAtMs = Date.now();
    const live = await listenTo('1001', 'listen');
    const repliedAtMs = Date.now();
    const phone = await ringing;
    await phone.waitAnswered();
    const entry = run.audit[before]!;
    t.equal(entry.action, 'supervision.started');
    t.ok(entry.atMs <= Date.parse(live.calls[0]!.from));
    const span = { mode: 'listen' as const, askedAtMs, repliedAtMs, untilMs: Date.now() + 500 };
    const verdict = await judgeWhoHearsWhom(ear, { customer, agent, supervisor: phone }, [span]);
    t.strictSame(verdict.leaks, []);
    await run.feature.change(viewer, live.id, { mode: 'whisper' });
    await run.feature.stop(viewer, live.id);
    await waitFor('the last entry', () => run.audit.at(-1)?.action === 'supervision.ended');
    t.strictSame(
      run.audit.slice(before).map(({ action }) => action),
      ['supervision.started', 'supervision.mode-changed', 'supervision.ended'],
    );
    const read = () =>
      scene.db.selectFrom('supervisions').selectAll().where('id', '=', live.id).executeTakeFirstOrThrow();
    // The database follows the audit log.
    const row = await waitFor('the row to say that it ended', async () => {
      const now = await read();
      return now.state === 'ended' && now;
    });
    t.match(row, { state: 'ended', ended_because: 'stopped', mode: 'whisper', device_address: 'PJSIP/1901' });
    t.strictSame(
      (row.mode_changes as { mode: string }[]).map(({ mode }) => mode),
      ['listen', 'whisper'],
    );
    const { items } = await run.feature.list(viewer, { limit: 2 });
    t.equal(items[0]?.id, live.id);
    await customer.hangup();
    await customer.waitEnded();
    await scene.nothingOfOurs();
    // Of this call: a snoop whose call ends within its first milliseconds may leave a row (dialplan/README.md).
    const rows = async () => (await readFile(lab.pbx.cdrFile, 'utf8')).slice(rowsBefore);
    await waitFor('the call’s own row', async () => (await rows()).includes('PJSIP/1001-'));
    t.notMatch(await rows(), /vigie|Snoop|PJSIP\/190/);
  },
);

/** Whether the PBX has sent the phone's media past itself. */
async function goesDirectly(number: string): Promise<boolean> {
  const leg = (await lab.pbx.channels()).find(({ name }) => name.startsWith(`PJSIP/${number}-`));
  if (!leg) return false;
  const query = { variable: 'CHANNEL(rtp,direct)' };
  const { value } = await lab.pbx.ari.request<{ value: string }>(
    'GET',
    `/channels/${leg.uniqueId}/variable`,
    query,
  );
  return /:[1-9]\d*$/.test(value);
}

t.test('With the browser’s phone that phone rings, and no other', async (t) => {
  const browserPhones = { deviceOf: () => 'PJSIP/1902', onChange: () => () => {} };
  await run.abandon();
  const withBrowser = await scene.start({ ties: { ...noTies, browserPhones } });
  const { customer } = await scene.talk('1001', '1001');
  const ringing = lab.phones.nextCall('1902');
  const { id } = await withBrowser.feature.start(viewer, scene.wish('1001', { device: 'browser' }));
  const phone = await ringing;
  t.match(await inState(withBrowser, viewer, id, 'live'), { device: 'browser' });
  await phone.hangup();
  t.equal(
    (await inState(withBrowser, viewer, id, 'ended')).endedBecause,
    'phone-hung-up',
    'the page is closed',
  );
  await customer.hangup();
  await scene.nothingOfOurs();
  await withBrowser.abandon();
});
