/** Listening that follows an agent from call to call, judged on the wire of a real PBX. */
import t, { type Test } from 'tap';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { ErrorCode } from '../../src/contract/errors.ts';
import type { Permission } from '../../src/contract/permissions.ts';
import { defaultPolicy } from '../../src/contract/policy.ts';
import type { ChangeSupervision, StartSupervision, Supervision } from '../../src/contract/supervisions.ts';
import { noTies } from '../../src/ports/absent.ts';
import type { ListeningPolicy } from '../../src/ports/domain.ts';
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
    for (const number of queueMembers) lab.phones.behave(number, { answer: 'busy' });
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

/** A policy that a test changes as it goes. */
function changingPolicy() {
  const listeners = new Set<() => void>();
  const now = {
    policy: { ...defaultPolicy },
    agentRefusal: null as ErrorCode | null,
    /** By call. */
    refusals: new Map<string, ErrorCode>(),
    queues: new Set<string>(),
    withheld: new Map<string, ReadonlySet<Permission>>(),
    changed: () => {
      for (const listener of listeners) listener();
    },
  };
  const policy: ListeningPolicy = {
    current: () => now.policy,
    agentProtectedBy: () => now.agentRefusal,
    callProtectedBy: ({ id, queue }) =>
      now.refusals.get(id) ?? (queue !== null && now.queues.has(queue) ? 'queue-never-listened' : null),
    withheldFrom: () => now.withheld,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return { now, ties: { ...noTies, policy } };
}

/** The phone is sent nothing of these tones from a second after `sinceMs` on. */
async function isSilentAfter(phone: PhoneCall, sinceMs: number): Promise<boolean> {
  const span = { fromMs: sinceMs + 1_000, toMs: sinceMs + 1_500, tonesHz: [400, 800] };
  const { frames } = await ear.heardBy(phone, span);
  return frames.every(({ levels }) => levels[400]! < 0.01 && levels[800]! < 0.01);
}

t.test('A protected call is not heard within a second, and the next one is', perTest, async (t) => {
  const { now: rules, ties } = changingPolicy();
  const run = await startRun(t, { ties });
  const following = await follow(run, '1001', { mode: 'barge' });
  const first = await scene.talk('1001', '1001');
  const { calls } = await reach(following, 'live');
  const callId = calls[0]!.callId;
  t.strictSame(await tonesHeard(first.customer, [following.phone.toneHz]), [following.phone.toneHz]);
  const sinceMs = Date.now();
  rules.refusals.set(callId, 'private-call');
  rules.changed();
  t.match(await reach(following, 'waiting'), { unheard: 'private-call' });
  t.ok(Date.now() - sinceMs < 1_000);
  t.ok(await isSilentAfter(following.phone, sinceMs), 'he hears nothing');
  t.strictSame(await tonesHeard(first.customer, [following.phone.toneHz]), [], 'and is not heard');
  rules.refusals.clear();
  rules.changed();
  t.match(await reach(following, 'live'), { unheard: null }, 'the mark is taken back');
  await first.customer.hangup();
  await reach(following, 'waiting');
  rules.queues.add('sales');
  for (const number of ['1002', '1003']) lab.phones.behave(number, { answer: 'busy' });
  const second = await scene.talk('8001', '1001');
  await waitFor('it to be said', async () => (await now(following)).unheard === 'queue-never-listened');
  t.strictSame(await tonesHeard(following.phone, [400, 800]), [], 'never a word of a protected queue');
  t.equal((await now(following)).state, 'waiting');
  await second.customer.hangup();
  const third = await scene.talk('1001', '1001');
  await reach(following, 'live');
  const windowMs = Date.now();
  rules.agentRefusal = 'outside-listening-hours';
  rules.changed();
  t.equal((await reach(following, 'ended')).endedBecause, 'policy', 'the listening window closes');
  t.ok(Date.now() - windowMs < 1_000);
  t.equal(third.agent.end, undefined);
  await scene.nothingOfOurs();
});

t.test('Listening to one call ends with the reason when the call becomes protected', perTest, async (t) => {
  const { now: rules, ties } = changingPolicy();
  const run = await startRun(t, { ties });
  const { agent } = await scene.talk('1001', '1001');
  for (const [code, because] of [
    ['private-call', 'private-call'],
    ['caller-objected', 'caller-objected'],
    ['number-never-listened', 'policy'],
  ] as const) {
    const { id } = await run.feature.start(viewer, scene.wish('1001'));
    const { calls } = await inState(run, viewer, id, 'live');
    const sinceMs = Date.now();
    rules.refusals.set(calls[0]!.callId, code);
    rules.changed();
    t.equal((await inState(run, viewer, id, 'ended')).endedBecause, because);
    t.ok(Date.now() - sinceMs < 1_000);
    await t.rejects(run.feature.start(viewer, scene.wish('1001')), { code });
    rules.refusals.clear();
  }
  rules.policy = { ...defaultPolicy, reasonRequired: false };
  const { id } = await run.feature.start(viewer, scene.wish('1001', { reason: '' }));
  await inState(run, viewer, id, 'live');
  rules.withheld = new Map([[viewer.teamIds[0]!, new Set(['supervision.listen'] as const)]]);
  const sinceMs = Date.now();
  rules.changed();
  t.equal((await inState(run, viewer, id, 'ended')).endedBecause, 'rights-removed');
  t.ok(Date.now() - sinceMs < 1_000);
  rules.withheld = new Map();
  rules.policy = { ...defaultPolicy, reasons: ['Formation'], reasonsOnly: true };
  await t.rejects(run.feature.start(viewer, scene.wish('1001')), { code: 'validation-failed' });
  const listed = await run.feature.start(viewer, scene.wish('1001', { reason: 'Formation' }));
  await inState(run, viewer, listed.id, 'live');
  await run.feature.stop(viewer, listed.id);
  t.equal(agent.end, undefined);
  await scene.nothingOfOurs();
});

t.test('A pause silences and lasts; the question is asked, and unanswered ends it', perTest, async (t) => {
  const { now: rules, ties } = changingPolicy();
  rules.policy = { ...defaultPolicy, persistentMinutesMax: 0.1 };
  let isConnected = true;
  const come = Promise.withResolvers<() => void>();
  const run = await startRun(t, {
    ties,
    isConnected: () => isConnected,
    watchConnections: (listener) => {
      come.resolve(listener);
      return () => {};
    },
  });
  const following = await follow(run, '1001');
  const { customer } = await scene.talk('1001', '1001');
  const change = (wish: ChangeSupervision) => run.feature.change(viewer, following.id, wish);
  await reach(following, 'live');
  t.match(await change({ paused: true }), { paused: true, state: 'waiting' });
  t.strictSame(await tonesHeard(following.phone, [400, 800]), []);
  t.match(await change({ paused: false }), { paused: false, state: 'live' });
  t.strictSame(await tonesHeard(following.phone, [400, 800]), [400, 800]);
  await waitFor('the warning', async () => (await now(following)).question === 'limit-near');
  const endsAtMs = Date.parse((await now(following)).endsAt!);
  t.ok(endsAtMs - Date.now() <= 600 && endsAtMs > Date.now(), 'asked a tenth of the time before');
  const longer = await change({ goOn: true });
  t.equal(longer.question, null);
  t.ok(Date.parse(longer.endsAt!) - Date.now() > 5_000, 'a new longest duration begins');
  rules.policy = defaultPolicy;
  rules.changed();
  t.match(await now(following), { endsAt: null, question: null }, 'a policy without a limit takes it away');
  isConnected = false;
  (await come.promise)();
  await waitFor('the question', async () => (await now(following)).question === 'agent-logged-out');
  const inMs = Date.parse((await now(following)).endsAt!) - Date.now();
  t.ok(inMs > 55_000 && inMs <= 60_000, 'a minute to answer');
  isConnected = true;
  (await come.promise)();
  await waitFor('him back', async () => (await now(following)).question === null);
  rules.policy = { ...defaultPolicy, persistentMinutesMax: 0.01 };
  rules.changed();
  t.equal((await reach(following, 'ended')).endedBecause, 'limit');
  t.equal(customer.end, undefined);
  const call = await run.feature.start(viewer, scene.wish('1001'));
  await t.rejects(run.feature.change(viewer, call.id, { paused: true }), { code: 'mode-not-available' });
  await run.feature.stop(viewer, call.id);
  await scene.nothingOfOurs();
});

t.test(
  'A tone tells the agent of each call that is heard, and the customer does not hear it',
  perTest,
  async (t) => {
    const { now: rules, ties } = changingPolicy();
    rules.policy = { ...defaultPolicy, informAgent: 'beep' };
    const run = await startRun(t, { ties });
    const beepHz = 1_400;
    const beeps = async (sinceMs: number, { customer, agent }: Awaited<ReturnType<typeof scene.talk>>) => {
      const span = { fromMs: sinceMs, toMs: Date.now() + 1_000, tonesHz: [beepHz] };
      const [atAgent, atCustomer] = [await ear.heardBy(agent, span), await ear.heardBy(customer, span)];
      const loud = ({ levels }: { levels: Record<number, number> }) => levels[beepHz]! > 0.02;
      t.ok(
        atAgent.frames.filter(loud).length >= 8,
        `the agent hears it (${atAgent.frames.filter(loud).length} frames)`,
      );
      const { maxDb } = atCustomer.levels[beepHz]!;
      t.ok(maxDb < -60, `the customer does not (${maxDb.toFixed(0)} dB)`);
    };
    const following = await follow(run, '1001');
    for (let i = 0; i < 2; i++) {
      const sinceMs = Date.now();
      const talk = await scene.talk('1001', '1001');
      await reach(following, 'live');
      await beeps(sinceMs, talk);
      await talk.customer.hangup();
      await reach(following, 'waiting');
    }
    await stop(following);
    const talk = await scene.talk('1001', '1001');
    const sinceMs = Date.now();
    const { id } = await run.feature.start(viewer, scene.wish('1001'));
    await inState(run, viewer, id, 'live');
    await beeps(sinceMs, talk);
    await run.feature.stop(viewer, id);
    await scene.nothingOfOurs();
  },
);
