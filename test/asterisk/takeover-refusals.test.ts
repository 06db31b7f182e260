/** Takeovers of calls that just ended, were transferred, are parked or a conference: refused by name, and nobody is lost. */
import t from 'tap';
import { waitFor } from '../../scripts/lab/tools.ts';
import { inState } from '../support/supervision-scene.ts';
import { openTakeoverStage, refusalOf } from '../support/takeover-stage.ts';

const stage = await openTakeoverStage('refusals');
const { scene, lab, viewer, start, known, hearOneAnother } = stage;
t.teardown(() => scene.close());
t.setTimeout(200_000);
const run = await start();
t.teardown(() => run.abandon());

const intercept = (number: string, callId?: string) =>
  run.feature.start(viewer, scene.wish(number, { mode: 'intercept', ...(callId ? { callId } : {}) }));
const isFree = (number: string) =>
  waitFor(`${number} to be free`, () => lab.phones.callsOf(number).length === 0);

t.test('A call that just ended is not taken over, whether by a new click or by a switch', async (t) => {
  const first = await scene.talk('1001', '1001');
  const { id: callId } = await known(run, '1001');
  await first.customer.hangup();
  await first.agent.waitEnded();
  await waitFor('the end', () => (run.calls.live.byId(callId)?.endedAt ?? 'gone') !== null);
  t.equal(await refusalOf(intercept('1001', callId)), 'call-already-ended');
  t.equal(await refusalOf(intercept('1001')), 'agent-not-on-call');
  await isFree('1001');

  for (const hangsUp of ['customer', 'agent'] as const) {
    const made = await scene.talk('1001', '1001');
    await known(run, '1001');
    const { id } = await run.feature.start(viewer, scene.wish('1001'));
    await inState(run, viewer, id, 'live');
    const [refused] = await Promise.all([
      refusalOf(run.feature.change(viewer, id, { mode: 'intercept' })),
      made[hangsUp].hangup(),
    ]);
    const { endedBecause } = await inState(run, viewer, id, 'ended');
    t.comment(`${hangsUp}: ${refused}, ${endedBecause}`);
    t.match(endedBecause, /^(call-ended|agent-left|phone-hung-up|pbx-failed)$/);
    await made.customer.waitEnded();
    await isFree('1001');
    await scene.nothingOfOurs();
  }
});

t.test('A call that was just transferred is the other agent’s', async (t) => {
  const { customer, agent } = await scene.talk('1001', '1001');
  const { id: callId } = await known(run, '1001');
  const arrival = lab.phones.nextCall('1002');
  await agent.blindTransfer('1002');
  const answering = await arrival;
  await answering.waitAnswered();
  t.equal(await refusalOf(intercept('1001', callId)), 'call-not-agents');
  await known(run, '1002');
  const ringing = lab.phones.nextCall('1901');
  const { id } = await intercept('1002', callId);
  await inState(run, viewer, id, 'live');
  await hearOneAnother(customer, await ringing);
  await run.feature.stop(viewer, id);
  await customer.waitEnded();
  await isFree('1002');
  await scene.nothingOfOurs();
});

t.test('A parked call is not taken over, and stays parked', async (t) => {
  const { customer, agent } = await scene.talk('1001', '1001');
  const { id: callId } = await known(run, '1001');
  await agent.sendDtmf('#72');
  await waitFor('the parking', () => run.calls.live.byId(callId)?.phase === 'parked');
  t.match(
    await refusalOf(intercept('1001', callId)),
    /^(call-not-interceptable|call-not-agents|agent-not-on-call)$/,
  );
  t.notOk(customer.end, 'the customer waits where he was put');
  t.equal(run.calls.live.byId(callId)?.phase, 'parked');
  await customer.hangup();
  await isFree('1001');
  await scene.nothingOfOurs();
});

t.test('Nobody is taken out of a conference', async (t) => {
  const customer = await lab.phones.call({ from: 'customer', to: '8018' });
  const agent = await lab.phones.call({ from: '1001', to: '8018' });
  await Promise.all([customer.waitAnswered(), agent.waitAnswered()]);
  await hearOneAnother(customer, agent);
  await waitFor('the agent’s call', () => run.calls.live.legsOfDevice('main', 'PJSIP/1001').length > 0);
  t.equal(await refusalOf(intercept('1001')), 'call-not-interceptable');
  await hearOneAnother(customer, agent);
  const { id } = await run.feature.start(viewer, scene.wish('1001'));
  await inState(run, viewer, id, 'live');
  t.equal(await refusalOf(run.feature.change(viewer, id, { mode: 'intercept' })), 'call-not-interceptable');
  t.equal((await run.feature.get(viewer, id)).state, 'live', 'listening goes on');
  await run.feature.stop(viewer, id);
  await Promise.all([customer.hangup(), agent.hangup()]);
  await scene.nothingOfOurs();
});
