/** `kill -9` of the real server in the middle of supervision: what goes on, what the next start finds, what becomes of customers. */
import t from 'tap';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { Supervision } from '../../src/contract/supervisions.ts';
import { openServedScene } from '../support/served-scene.ts';

t.setTimeout(400_000);
const scene = await openServedScene(t, 'sup-kill', { withJournal: true });
const { lab, ear, hears, reach, ask } = scene;
/** Aim 5 s; what a person feels is tested at three times its aim. */
const foundWithinMs = 15_000;

const modeOf = (id: string, mode: Supervision['mode']) =>
  ask<Supervision>('PATCH', `/supervisions/${id}`, { mode });
const agentIsFree = () => waitFor('the agent to be free', () => lab.phones.callsOf('1001').length === 0);

t.test('Persistent listening outlives the server: the audio goes on, the next start finds it', async (t) => {
  const { customer, agent, callId } = await scene.talk();
  const { id, phone } = await scene.supervise({ mode: 'listen', scope: 'agent' });
  t.strictSame(await hears(phone, [customer, agent]), ['outside', '1001']);
  const acts = async () => (await scene.audit(id)).map(({ action }) => action.replace('supervision.', ''));
  t.strictSame(await acts(), ['started', 'call-taken-up']);

  const killedAtMs = Date.now();
  await scene.kill();
  const tookMs = await scene.start();
  t.comment(`found again ${tookMs} ms after the start`);
  t.ok(tookMs < foundWithinMs, `the next start took ${tookMs} ms`);
  const found = (await ask<Supervision>('GET', `/supervisions/${id}`)).body;
  t.match(found, { state: 'live', mode: 'listen', scope: 'agent', calls: [{ callId, to: null }] });

  const span = { fromMs: killedAtMs, toMs: Date.now(), tonesHz: [customer.toneHz, agent.toneHz] };
  const heard = await ear.heardBy(phone, span);
  const without = heard.frames.filter(({ levels }) => span.tonesHz.some((hz) => levels[hz]! < 0.1)).length;
  t.ok(
    heard.frames.length > 50 && without <= heard.frames.length / 50,
    `all the while he hears both: ${without} of ${heard.frames.length} frames without`,
  );
  t.ok(heard.maxGapMs < 200, `with no gap (${heard.maxGapMs.toFixed(0)} ms)`);

  t.match(await modeOf(id, 'whisper'), { status: 200, body: { mode: 'whisper', state: 'live' } });
  t.strictSame(await hears(agent, [customer, phone]), ['outside', '1901']);
  t.strictSame(await hears(customer, [agent, phone]), ['1001']);
  t.match(await modeOf(id, 'barge'), { status: 200, body: { mode: 'barge' } });
  t.strictSame(await hears(customer, [agent, phone]), ['1001', '1901']);
  t.match(await modeOf(id, 'listen'), { status: 200, body: { mode: 'listen' } });

  await customer.hangup();
  await reach(id, 'waiting');
  const next = await scene.talk();
  await reach(id, 'live');
  const both = await hears(phone, [next.customer, next.agent]);
  t.strictSame(both, ['outside', '1001'], 'the next call');
  await ask('DELETE', `/supervisions/${id}`);
  await phone.waitEnded();
  const listened = ['started', 'call-taken-up', 'mode-changed', 'mode-changed', 'mode-changed', 'call-left'];
  // The end of the whole is the end of the call that was heard then.
  const rest = ['call-taken-up', 'ended'];
  await waitFor('the last entry', async () => (await acts()).at(-1) === 'ended');
  t.strictSame((await acts()).toSorted(), [...listened, ...rest].toSorted());
  t.match(await ask('GET', '/audit/verify'), { status: 200, body: { intact: true } });
  t.notOk(next.customer.end, 'the call itself goes on');
  await next.customer.hangup();
  await agentIsFree();
  await scene.nothingOfOurs();
});

for (const mode of ['intercept', 'intercept-agent-listening'] as const) {
  t.test(`A call taken over outlives the server (${mode})`, async (t) => {
    const { customer, agent, callId } = await scene.talk();
    const { id, phone } = await scene.supervise({ mode, scope: 'call' });
    if (mode === 'intercept') await agent.waitEnded();
    const killedAtMs = Date.now();
    await scene.kill();
    // The agent who listens hangs up while nobody is there.
    if (mode !== 'intercept') await agent.hangup();
    await scene.start();
    t.match((await ask('GET', `/supervisions/${id}`)).body, { state: 'live', mode });
    const span = { fromMs: killedAtMs, toMs: Date.now(), tonesHz: [phone.toneHz] };
    const { frames } = await ear.heardBy(customer, span);
    const without = frames.filter(({ levels }) => levels[phone.toneHz]! < 0.1).length;
    t.ok(without <= frames.length / 50, `they go on talking: ${without} of ${frames.length} frames without`);
    t.strictSame(await hears(phone, [customer]), ['outside']);
    await ask('DELETE', `/supervisions/${id}`);
    await Promise.all([customer.waitEnded(), phone.waitEnded()]);
    t.match(await reach(id, 'ended'), { endedBecause: 'stopped' });
    const record = await scene.record(callId);
    t.equal(record.reason, 'supervisor-hung-up');
    t.equal(record.segments.at(-1)?.agent?.name, 'Sophie');
    await agentIsFree();
    await scene.nothingOfOurs();
  });
}

t.test(
  'A customer whose supervisor hangs up while no server is there is not left waiting, nor the agent',
  async (t) => {
    const { customer, callId } = await scene.talk();
    const { id, phone } = await scene.supervise({ mode: 'intercept-agent-listening', scope: 'call' });
    await scene.kill();
    await phone.hangup();
    await phone.waitEnded();
    await scene.start();
    // As it would have been at once: the supervisor has ended their talk.
    await customer.waitEnded();
    t.match(await reach(id, 'ended'), { endedBecause: 'phone-hung-up' });
    const record = await scene.record(callId);
    // Nobody saw who hung up: Asterisk's journal tells.
    t.equal(record.reason, 'supervisor-hung-up');
    await agentIsFree();
    await scene.nothingOfOurs();
  },
);

t.test(
  'A customer who hangs up while no server is there frees his supervisor at the next start',
  async (t) => {
    const { customer } = await scene.talk();
    const { id, phone } = await scene.supervise({ mode: 'intercept', scope: 'call' });
    await scene.kill();
    await customer.hangup();
    await scene.start();
    await phone.waitEnded();
    t.match(await reach(id, 'ended'), { endedBecause: 'call-ended' });
    await scene.nothingOfOurs();
  },
);

/** From the click on: before, in and after the moment in which the customer is moved. */
const killAfterMs = [0, 25, 60];

t.test('Killed at any moment of an interception, the customer talks with somebody', async (t) => {
  for (const [i, afterMs] of killAfterMs.entries()) {
    const mode = i % 2 === 0 ? 'intercept' : 'intercept-agent-listening';
    await t.test(`${mode}, ${afterMs} ms after the click`, async (t) => {
      const { customer } = await scene.talk();
      const { id, phone } = await scene.supervise({ mode: 'listen', scope: 'call' });
      const asked = modeOf(id, mode).catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await scene.kill();
      await asked;
      await scene.start();
      const startedMs = performance.now();
      const withWhom = async () => {
        const people = [...lab.phones.callsOf('1001'), phone].filter((call) => call.answeredAt && !call.end);
        return (await hears(customer, people))[0];
      };
      await waitFor('the customer to talk with somebody', withWhom);
      // What the kill cut in two is finished after the start.
      const agreed = await waitFor('the server to say with whom', async () => {
        const company = await withWhom();
        const { state, mode: held } = (await ask<Supervision>('GET', `/supervisions/${id}`)).body;
        const isTaken = state === 'live' && held === mode;
        return isTaken === (company === '1901') && `with ${company}; ${held}, ${state}`;
      });
      t.comment(`${agreed}, after ${Math.round(performance.now() - startedMs)} ms`);
      t.notOk(customer.end);
      await customer.hangup();
      await agentIsFree();
      await scene.nothingOfOurs();
    });
  }
});
