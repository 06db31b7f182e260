/** Listening that follows an agent from call to call, judged on the wire of a real PBX. */
import t, { type Test } from 'tap';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { StartSupervision, Supervision } from '../../src/contract/supervisions.ts';
import { inState, openScene, type Run, type RunOptions } from '../support/supervision-scene.ts';

const scene = await openScene({ name: 'following' });
t.teardown(() => scene.close());
t.setTimeout(280_000);
const perTest = { timeout: 60_000 };
const { lab } = scene;
const viewer = scene.viewer('1901');
const ear = await lab.listen();
const customerHz = 400;

/** A server for the length of one test, whatever becomes of it. */
async function startRun(t: Test, options: RunOptions = {}): Promise<Run> {
  for (const { number, behaviour } of lab.phones.roster) lab.phones.behave(number, behaviour);
  const run = await scene.start(options);
  t.teardown(async () => {
    if (run.isOver) return;
    await run.feature.stopAll('server-stopped');
    await run.abandon();
    await lab.phones.hangupAll();
  });
  return run;
}

interface Following {
  id: string;
  phone: PhoneCall;
  run: Run;
}

/** Follows the agent from `supervisor`'s phone; settles when his phone is in the bridge. */
async function follow(
  run: Run,
  agentNumber: string,
  change: Partial<StartSupervision> = {},
): Promise<Following> {
  const ringing = lab.phones.nextCall('1901');
  const { id } = await run.feature.start(viewer, scene.wish(agentNumber, { scope: 'agent', ...change }));
  const phone = await ringing;
  await phone.waitAnswered();
  await waitFor('the supervisor to be in', () => {
    const { state } = run.feature.live.bySupervisor(viewer.personId) ?? {};
    return state === 'waiting' || state === 'live';
  });
  return { id, phone, run };
}

const now = ({ run, id }: Following): Promise<Supervision> => run.feature.get(viewer, id);
const reach = ({ run, id }: Following, state: Supervision['state']) => inState(run, viewer, id, state);

async function stop(following: Following): Promise<void> {
  await following.run.feature.stop(viewer, following.id);
  await following.phone.waitEnded();
}

/** Which of these tones this phone is sent for most of the next `ms`. */
async function tonesHeard(phone: PhoneCall, tonesHz: number[], ms = 400): Promise<number[]> {
  const fromMs = Date.now() + 100;
  const { frames } = await ear.heardBy(phone, { fromMs, toMs: fromMs + ms, tonesHz });
  return tonesHz.filter(
    (hz) => frames.filter(({ levels }) => levels[hz]! > 0.15).length > frames.length * 0.8,
  );
}

/** From when on the supervisor is sent this tone, in milliseconds after `sinceMs`. */
async function heardAfterMs(phone: PhoneCall, hz: number, sinceMs: number): Promise<number> {
  const { frames } = await ear.heardBy(phone, { fromMs: sinceMs + 50, toMs: sinceMs + 1_500, tonesHz: [hz] });
  return (frames.find(({ levels }) => levels[hz]! > 0.1)?.atMs ?? Number.POSITIVE_INFINITY) - sinceMs;
}

/** When this phone first sent audio of its own. */
async function saidAtMs(phone: PhoneCall, hz: number, sinceMs: number): Promise<number> {
  const { frames } = await ear.saidBy(phone, { fromMs: sinceMs, toMs: sinceMs + 1_500, tonesHz: [hz] });
  return frames.find(({ levels }) => levels[hz]! > 0.1)?.atMs ?? Number.NaN;
}

t.test(
  'It begins without a call, waits, and hears each next call from its first word',
  perTest,
  async (t) => {
    const run = await startRun(t);
    const following = await follow(run, '1001');
    t.match(await now(following), { state: 'waiting', scope: 'agent', calls: [], mode: 'listen' });
    lab.phones.behave('1001', { answer: 'auto', answerAfterMs: 400 });
    const delays: number[] = [];
    for (let i = 0; i < 3; i++) {
      const sinceMs = Date.now();
      const { customer, agent } = await scene.talk('1001', '1001');
      const live = await reach(following, 'live');
      t.equal(live.calls.length, i + 1);
      const heardMs = (await heardAfterMs(following.phone, 800, sinceMs)) + sinceMs;
      delays.push(heardMs - (await saidAtMs(agent, 800, sinceMs)));
      t.strictSame(await tonesHeard(following.phone, [customerHz, 800]), [customerHz, 800]);
      await customer.hangup();
      await agent.waitEnded();
      await reach(following, 'waiting');
    }
    t.comment(
      `the agent's first sound reached the supervisor after ${delays.map((ms) => ms.toFixed(0)).join(', ')} ms`,
    );
    for (const ms of delays)
      t.ok(ms <= 60, `${ms.toFixed(0)} ms from the agent's first sound to the supervisor's ear`);
    const { calls } = await now(following);
    t.equal(new Set(calls.map(({ callId }) => callId)).size, 3);
    t.ok(
      calls.every(({ from, to }) => to !== null && from < to),
      'each call from when to when',
    );
    t.equal(following.phone.end, undefined, 'his phone was never rung again');
    await stop(following);
    await scene.nothingOfOurs();
    const acts = () => run.audit.map(({ action }) => action.replace('supervision.', ''));
    await waitFor('the last entry', () => acts().at(-1) === 'ended');
    const perCall = ['call-taken-up', 'call-left'];
    t.strictSame(acts(), ['started', ...perCall, ...perCall, ...perCall, 'ended']);
  },
);

t.test(
  'His calls are heard whatever way they come: queue, FreePBX member, two phones, his own dialling',
  perTest,
  async (t) => {
    const run = await startRun(t);
    const ways = [
      { name: 'queue', number: '1001', to: '8001' },
      { name: 'Local member of a queue', number: '1004', to: '8002' },
      { name: 'Dial of a Local channel', number: '1004', to: '8030' },
      { name: 'two phones ring', number: '1010', to: '1010' },
    ];
    const queueMembers = ['1002', '1003', '1005', '1006'];
    for (const number of queueMembers) lab.phones.behave(number, { answer: 'ring' });
    for (const { name, number, to } of ways) {
      const following = await follow(run, number);
      const { customer, agent } = await scene.talk(to, number);
      await reach(following, 'live');
      t.strictSame(
        await tonesHeard(following.phone, [customer.toneHz, agent.toneHz]),
        [customer.toneHz, agent.toneHz],
        name,
      );
      await customer.hangup();
      await reach(following, 'waiting');
      await stop(following);
      await lab.phones.hangupAll();
    }
    const following = await follow(run, '1001');
    const outside = lab.phones.nextCall('0612345678');
    const agent = await lab.phones.call({ from: '1001', to: '0612345678' });
    const customer = await outside;
    await customer.waitAnswered();
    await agent.waitAnswered();
    await reach(following, 'live');
    const tones = [customer.toneHz, agent.toneHz];
    t.strictSame(await tonesHeard(following.phone, tones), tones, 'a call he made');
    await agent.hangup();
    await stop(following);
    await scene.nothingOfOurs();
  },
);

t.test(
  'It follows the agent through hold, second calls and transfers, and never another person',
  perTest,
  async (t) => {
    const run = await startRun(t);
    const following = await follow(run, '1001');
    const first = await scene.talk('1001', '1001');
    const live = await reach(following, 'live');
    await first.agent.hold();
    await waitFor('the hold', async () => (await now(following)).onHold);
    const second = await scene.talk('1001', '1001');
    const callOf = async () => (await now(following)).calls.find(({ to }) => to === null)?.callId;
    await second.customer.play(500);
    await waitFor('the second call', async () => (await callOf()) !== live.calls[0]!.callId);
    t.strictSame(
      await tonesHeard(following.phone, [400, 500, 800]),
      [500, 800],
      'the second call, and it alone',
    );
    await second.customer.hangup();
    await second.agent.waitEnded();
    await first.agent.unhold();
    await waitFor('the first call', async () => (await callOf()) === live.calls[0]!.callId);
    t.strictSame(await tonesHeard(following.phone, [400, 500, 800]), [400, 800], 'back on the first one');

    // He gives the call to 1002 and is free: the supervisor hears nothing of them.
    await first.agent.blindTransfer('1002');
    await reach(following, 'waiting');
    await waitFor('1002 to talk', () =>
      lab.phones.callsOf('1002').some((call) => call.answeredAt && !call.end),
    );
    t.strictSame(await tonesHeard(following.phone, [400, 800, 850]), [], 'not the one he transferred to');
    await first.customer.hangup();

    // 1002 consults him and hands over: his leg stays, his call becomes another one.
    const other = await scene.talk('1002', '1002');
    await other.agent.hold();
    const arriving = lab.phones.nextCall('1001');
    const consulting = await lab.phones.call({ from: '1002', to: '1001' });
    const consulted = await arriving;
    await consulted.waitAnswered();
    await reach(following, 'live');
    await other.agent.attendedTransfer(consulting);
    await waitFor('1002 to be out', () => lab.phones.callsOf('1002').every((call) => call.end));
    t.strictSame(
      await tonesHeard(following.phone, [400, 800, 850]),
      [400, 800],
      'with the customer he was handed',
    );
    t.equal((await now(following)).state, 'live');
    await other.customer.hangup();
    await reach(following, 'waiting');
    t.equal(following.phone.end, undefined);
    await stop(following);
    await scene.nothingOfOurs();
  },
);

t.test(
  'After kill -9 it goes on, in a call or between calls, and with a call that changed meanwhile',
  perTest,
  async (t) => {
    let run = await startRun(t);
    let following = await follow(run, '1001', { mode: 'whisper' });
    const restart = async (meanwhile: () => Promise<void> = async () => {}) => {
      await run.abandon();
      await meanwhile();
      run = await startRun(t);
      following = { ...following, run };
    };

    // Between calls.
    await restart();
    t.match(run.feature.live.bySupervisor(viewer.personId), {
      id: following.id,
      state: 'waiting',
      mode: 'whisper',
    });
    const first = await scene.talk('1001', '1001');
    await reach(following, 'live');
    const supervisorHz = following.phone.toneHz;
    t.strictSame(
      await tonesHeard(first.agent, [400, supervisorHz]),
      [400, supervisorHz],
      'he is whispered to',
    );
    const { calls: before } = await now(following);

    // In the middle of a call.
    const killedAtMs = Date.now();
    await restart();
    const span = { fromMs: killedAtMs, toMs: Date.now() + 1_000, tonesHz: [400, 800] };
    const { frames, maxGapMs } = await ear.heardBy(following.phone, span);
    const missing = frames.filter(({ levels }) => levels[400]! < 0.1 || levels[800]! < 0.1).length;
    t.ok(missing <= frames.length / 50, `the audio goes on: ${missing} of ${frames.length} frames without`);
    t.ok(maxGapMs < 100, `with no gap (${maxGapMs.toFixed(0)} ms)`);
    t.strictSame((await now(following)).calls, before, 'the same call, from when it was');
    t.match(await now(following), { state: 'live', mode: 'whisper' });

    // The call ended and another began while nobody watched.
    let second: Awaited<ReturnType<typeof scene.talk>> | undefined;
    await restart(async () => {
      await first.customer.hangup();
      await first.agent.waitEnded();
      second = await scene.talk('1001', '1001');
    });
    await waitFor('the next call', async () => (await now(following)).calls.length === 2);
    const { calls } = await now(following);
    t.not(calls[0]!.to, null, 'the first one is over');
    t.strictSame(await tonesHeard(following.phone, [400, 800]), [400, 800]);
    await run.feature.change(viewer, following.id, { mode: 'listen' });
    t.strictSame(await tonesHeard(second!.agent, [400, supervisorHz]), [400]);
    await second!.customer.hangup();
    await reach(following, 'waiting');
    await stop(following);
    await scene.nothingOfOurs();
  },
);
