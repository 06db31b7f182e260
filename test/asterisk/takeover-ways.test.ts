/** What may become of a takeover: begun while listening, restarts, customers handed on, waiting calls moved, two at once. */
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { AudioMode, TakeoverMode } from '../../src/contract/supervisions.ts';
import { noTies } from '../../src/ports/absent.ts';
import { inState, type Run } from '../support/supervision-scene.ts';
import { openTakeoverStage, refusalOf, type Taken } from '../support/takeover-stage.ts';

const stage = await openTakeoverStage('ways');
const { scene, lab, viewer, other, start, hears, hearOneAnother, known, taken, waitingCall, over } = stage;
t.teardown(() => scene.close());
t.setTimeout(280_000);

const ways: { mode: AudioMode; scope: 'call' | 'agent' }[] = [
  { mode: 'listen', scope: 'call' },
  { mode: 'whisper', scope: 'call' },
  { mode: 'barge', scope: 'call' },
  { mode: 'listen', scope: 'agent' },
];
const modes: TakeoverMode[] = ['intercept', 'intercept-agent-listening'];

t.test('Whoever listens takes the call over with the phone he has, under the same id', async (t) => {
  const run = await start();
  t.teardown(() => run.abandon());
  for (const { mode: from, scope } of ways) {
    for (const mode of modes) {
      await t.test(`${from}, ${scope}: ${mode}`, async (t) => {
        const { customer, agent } = await scene.talk('1001', '1001');
        const { id: callId } = await known(run, '1001');
        const arrival = lab.phones.nextCall('1901');
        const { id } = await run.feature.start(viewer, scene.wish('1001', { mode: from, scope }));
        const phone = await arrival;
        await inState(run, viewer, id, 'live');
        const changed = await run.feature.change(viewer, id, { mode });
        t.match(changed, { id, mode, state: 'live' });
        t.equal(changed.calls.at(-1)?.callId, callId);
        await hearOneAnother(customer, phone);
        if (mode === 'intercept') await agent.waitEnded();
        else {
          const still = lab.phones.callsOf('1001')[0] ?? agent;
          const heard = await hears(still, [customer, phone]);
          t.strictSame(heard, [customer, phone], 'the agent hears both');
          t.strictSame(await hears(customer, [still]), [], 'the customer does not hear the agent');
          t.strictSame(await hears(phone, [still]), [], 'the supervisor does not hear the agent');
        }
        t.equal(await refusalOf(run.feature.change(viewer, id, { mode: 'listen' })), 'mode-not-available');
        t.equal(lab.phones.callsOf('1901').length, 1, 'his phone did not ring again');
        await phone.hangup();
        await customer.waitEnded();
        await over(run, id, 'phone-hung-up');
        await waitFor('the agent to be free', () => lab.phones.callsOf('1001').length === 0);
        await scene.nothingOfOurs();
      });
    }
  }
});

for (const mode of modes) {
  t.test(`After a kill the next start goes on with a call taken over (${mode})`, async (t) => {
    const before = await start();
    const { customer, phone, callId, id } = await taken(before, mode);
    await before.abandon();
    const after = await start();
    t.teardown(() => after.abandon());
    t.match(after.feature.live.bySupervisor(viewer.personId), { id, mode, state: 'live' });
    await hearOneAnother(customer, phone);
    if (mode !== 'intercept') {
      const still = lab.phones.callsOf('1001')[0]!;
      t.strictSame(await hears(still, [customer, phone]), [customer, phone], 'the agent hears both');
    }
    t.equal(after.calls.live.byId(callId)?.endedAt, null, 'it is the same call');
    await phone.hangup();
    await customer.waitEnded();
    await over(after, id, 'phone-hung-up');
    await waitFor('the agent to be free', () => lab.phones.callsOf('1001').length === 0);
    await scene.nothingOfOurs();
  });
}

t.test(
  'A customer who was just being moved at a kill goes back to the agent if the supervisor is gone',
  async (t) => {
    const before = await start();
    const { customer, phone, id } = await taken(before);
    await before.abandon();
    // As the row stands in the moment between the customer's arrival and the note of it.
    const memory = sql`jsonb_set(memory, '{phase}', '"taking"')`;
    await scene.db.updateTable('supervisions').set({ memory }).where('id', '=', id).execute();
    await phone.hangup();
    await phone.waitEnded();
    const again = lab.phones.nextCall('1001');
    const after = await start();
    t.teardown(() => after.abandon());
    await hearOneAnother(customer, await again);
    await over(after, id, 'phone-hung-up');
    await customer.hangup();
    await scene.nothingOfOurs();
  },
);

t.test('A customer handed over talks with the one who answers, and the supervisor is free', async (t) => {
  const run = await start();
  t.teardown(() => run.abandon());
  for (const number of ['1001', '1002']) {
    await t.test(number === '1001' ? 'the agent he had' : 'another agent', async (t) => {
      const { customer, phone, callId, id } = await taken(run);
      const arrival = lab.phones.nextCall(number);
      await run.feature.handOver(viewer, id, { agentId: scene.person(number).id });
      const answering = await arrival;
      await over(run, id, 'handed-over');
      await phone.waitEnded();
      await hearOneAnother(customer, answering);
      const call = run.calls.live.byId(callId);
      t.equal(call?.segments.at(-1)?.agent?.id, scene.person(number).id);
      await answering.hangup();
      await customer.waitEnded();
      await scene.nothingOfOurs();
    });
  }
  await t.test('a queue', async (t) => {
    const { customer, phone, callId, id } = await taken(run);
    t.equal((await run.feature.handOver(viewer, id, { queue: 'waiting' })).id, id);
    await over(run, id, 'handed-over');
    await phone.waitEnded();
    const inQueue = () => run.calls.live.byId(callId)?.queueVisits.at(-1)?.queue === 'waiting';
    await waitFor('the customer to wait', inQueue);
    t.notOk(customer.end);
    await customer.hangup();
    await scene.nothingOfOurs();
  });
});

t.test('A customer whom nobody answers comes back to the supervisor', async (t) => {
  const run = await start();
  t.teardown(() => run.abandon());
  const { customer, phone, id } = await taken(run);
  t.equal(
    await refusalOf(run.feature.handOver(other, id, { agentId: scene.person('1002').id })),
    'not-allowed',
  );
  // Busy: the dialplan need not wait for the whole of its ringing.
  const sent = await run.feature.handOver(viewer, id, { agentId: scene.person('1905').id });
  t.equal(sent.state, 'waiting');
  await inState(run, viewer, id, 'live');
  await hearOneAnother(customer, phone);
  await phone.hangup();
  await customer.waitEnded();
  await over(run, id, 'phone-hung-up');
  await scene.nothingOfOurs();
});

/** A customer on his way to 1002, which rings until it declines; the supervisor's phone would answer any call. */
async function onHisWay(t: Test, run: Run): Promise<Taken & { declining: PhoneCall }> {
  const made = await taken(run);
  lab.phones.behave('1002', { answer: 'ring' });
  t.teardown(() => lab.phones.behave('1002', { answer: 'auto' }));
  lab.phones.behave('1901', { answer: 'auto' });
  t.teardown(() => lab.phones.behave('1901', { answer: 'auto-header' }));
  const ringing = lab.phones.nextCall('1002');
  await run.feature.handOver(viewer, made.id, { agentId: scene.person('1002').id });
  return { ...made, declining: await ringing };
}

t.test('One who comes back when the supervisor has hung up reaches somebody all the same', async (t) => {
  const run = await start();
  t.teardown(() => run.abandon());
  const { customer, phone, id, declining } = await onHisWay(t, run);
  await phone.hangup();
  await over(run, id, 'handed-over');
  t.notOk(customer.end, 'the customer goes on ringing there');
  const again = lab.phones.nextCall('1901');
  await declining.decline();
  await hearOneAnother(customer, await again);
  await customer.hangup();
  await waitFor('the phone to be free', () => lab.phones.callsOf('1901').length === 0);
  await scene.nothingOfOurs();
});

for (const hasHungUp of [false, true]) {
  const way = hasHungUp ? ', the supervisor having hung up' : '';
  t.test(`A customer who is being handed over survives a kill${way}`, async (t) => {
    const before = await start();
    const { customer, phone, id, declining } = await onHisWay(t, before);
    await before.abandon();
    if (hasHungUp) {
      await phone.hangup();
      await phone.waitEnded();
    }
    const after = await start();
    t.teardown(() => after.abandon());
    if (hasHungUp) await over(after, id, 'handed-over');
    const again = hasHungUp ? lab.phones.nextCall('1901') : phone;
    await declining.decline();
    await hearOneAnother(customer, await again);
    if (!hasHungUp) t.match(await inState(after, viewer, id, 'live'), { id, mode: 'intercept' });
    t.notOk(customer.end, 'the customer was never let go of');
    await (await again).hangup();
    await customer.waitEnded();
    await scene.nothingOfOurs();
  });
}

t.test('A call that waits is moved to an agent, back when he declines, and to another queue', async (t) => {
  const run = await start();
  t.teardown(() => run.abandon());
  const { customer, callId } = await waitingCall(run);
  const queueNow = (queue: string) => () => {
    const visit = run.calls.live.byId(callId)?.queueVisits.at(-1);
    return visit?.queue === queue && visit.to === null;
  };
  const move = (to: Parameters<typeof run.feature.move>[2]) => run.feature.move(viewer, callId, to);
  t.equal(await refusalOf(move({ queue: 'waiting' })), 'call-not-waiting', 'it waits there already');
  await move({ queue: 'first' });
  await waitFor('it to wait in the other queue', queueNow('first'));
  const declining = lab.phones.nextCall('1906');
  await move({ agentId: scene.person('1906').id });
  await (await declining).waitEnded();
  await waitFor('it to wait where it waited', queueNow('first'));
  t.notOk(customer.end);
  const arrival = lab.phones.nextCall('1002');
  await move({ agentId: scene.person('1002').id });
  const answering = await arrival;
  await hearOneAnother(customer, answering);
  const isTalking = () => run.calls.live.byId(callId)?.segments.at(-1)?.agent?.id === scene.person('1002').id;
  await waitFor('the segment', isTalking);
  t.equal(await refusalOf(move({ queue: 'second' })), 'call-not-waiting', 'it waits no more');
  await customer.hangup();
  await waitFor('the agent to be free', () => lab.phones.callsOf('1002').length === 0);
  const hasEnded = () => (run.calls.live.byId(callId)?.endedAt ?? 'gone') !== null;
  await waitFor('the end of the call', hasEnded);
  t.match(await refusalOf(move({ queue: 'second' })), /^call-(already-ended|not-found)$/);
  t.equal(
    run.audit.filter(({ action }) => action === 'call.moved').length,
    3,
    'each move is in the audit log',
  );
  await scene.nothingOfOurs();
});

t.test('Of two supervisors one takes the call over, the other is told by whom', async (t) => {
  const run = await start();
  t.teardown(() => run.abandon());
  const { customer } = await scene.talk('1001', '1001');
  const { id: callId } = await known(run, '1001');
  const wish = scene.wish('1001', { mode: 'intercept', callId });
  const outcomes = await Promise.all(
    [viewer, other].map((by) =>
      run.feature.start(by, wish).then(
        ({ id }) => ({ by, id }),
        (error: { code: string }) => error.code,
      ),
    ),
  );
  const winner = outcomes.find((outcome) => typeof outcome !== 'string');
  const refused = outcomes.filter((outcome) => typeof outcome === 'string');
  t.strictSame(refused, ['call-being-intercepted']);
  if (!winner) return;
  const late = winner.by === viewer ? other : viewer;
  await inState(run, winner.by, winner.id, 'live');
  t.equal(await refusalOf(run.feature.start(late, wish)), 'call-being-intercepted', 'nor later on');
  const [phone] = lab.phones.callsOf(winner.by === viewer ? '1901' : '1902');
  await hearOneAnother(customer, phone!);
  await phone!.hangup();
  await customer.waitEnded();
  await scene.nothingOfOurs();
});

t.test('Of two who listen one takes the call over; the other’s listening ends', async (t) => {
  const run = await start();
  t.teardown(() => run.abandon());
  const { customer } = await scene.talk('1001', '1001');
  await known(run, '1001');
  const listening = await Promise.all(
    [viewer, other].map(async (by) => ({ by, id: (await run.feature.start(by, scene.wish('1001'))).id })),
  );
  for (const { by, id } of listening) await inState(run, by, id, 'live');
  const outcomes = await Promise.all(
    listening.map(({ by, id }) => refusalOf(run.feature.change(by, id, { mode: 'intercept' }))),
  );
  t.strictSame(outcomes.toSorted(), ['call-being-intercepted', 'none']);
  const loser = listening[outcomes.indexOf('call-being-intercepted')]!;
  const ended = await inState(run, loser.by, loser.id, 'ended');
  t.equal(ended.endedBecause, 'intercepted-by-another');
  const winner = listening[outcomes.indexOf('none')]!;
  await run.feature.stop(winner.by, winner.id);
  await customer.waitEnded();
  await scene.nothingOfOurs();
});

t.test(
  'A takeover by the browser’s phone records its supervisor, in the call and in its record',
  async (t) => {
    // A device that is another person's in the directory: only the supervision knows whose it is now.
    const browserPhones = { deviceOf: () => 'PJSIP/1902', onChange: () => () => {} };
    const run = await scene.start({ ami: true, ties: { ...noTies, browserPhones } });
    t.teardown(() => run.abandon());
    const { customer } = await scene.talk('1001', '1001');
    const { id: callId } = await known(run, '1001');
    const arrival = lab.phones.nextCall('1902');
    const wish = scene.wish('1001', { mode: 'intercept', device: 'browser' });
    const { id } = await run.feature.start(viewer, wish);
    const phone = await arrival;
    await inState(run, viewer, id, 'live');
    await hearOneAnother(customer, phone);
    t.equal(run.calls.live.byId(callId)?.segments.at(-1)?.agent?.id, viewer.personId);
    await phone.hangup();
    await customer.waitEnded();
    await over(run, id, 'phone-hung-up');
    const record = await waitFor('the record', async () => {
      run.calls.settle();
      const rows = scene.db.selectFrom('calls').selectAll().where('id', '=', callId);
      return rows.executeTakeFirst();
    });
    t.match(JSON.stringify(record), viewer.personId);
    await scene.nothingOfOurs();
  },
);
