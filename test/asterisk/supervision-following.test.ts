/** Listening that follows an agent from call to call, judged on the wire of a real PBX. */
import t from 'tap';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { StartSupervision, Supervision } from '../../src/contract/supervisions.ts';
import { inState, openScene, type Run } from '../support/supervision-scene.ts';

const scene = await openScene({ name: 'following' });
t.teardown(() => scene.close());
t.setTimeout(280_000);
const { lab } = scene;
const viewer = scene.viewer('1901');
const ear = await lab.listen();
const customerHz = 400;

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

t.test('It begins without a call, waits, and hears each next call from its first word', async (t) => {
  const run = await scene.start();
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
  await run.abandon();
});
