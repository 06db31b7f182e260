/**
 * The listening policy as an administrator sets it over HTTP, promise by promise, on real calls: who is refused, who is told,
 * what ends and how soon, judged at the phones.
 */
import { io, type Socket } from 'socket.io-client';
import t, { type Test } from 'tap';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { AgentPage, AgentPageChange, OwnSupervision } from '../../src/contract/agent-page.ts';
import { defaultPolicy, type ListeningWindow, type Policy } from '../../src/contract/policy.ts';
import { modes, type StartSupervision, type Supervision } from '../../src/contract/supervisions.ts';
import { openServedScene } from '../support/served-scene.ts';
import { runVigie } from '../support/vigie.ts';

const password = 'correct horse battery';
const endLimitMs = 1_000;
const beepHz = 1_400;
/** How often what a stopwatch measures is measured. */
const times = 3;
const outside = `
[outside](+)
exten => 112,1,Dial(PJSIP/112@trunk,60,TK)
`;

const scene = await openServedScene(t, 'promises', { moreDialplan: outside });
t.setTimeout(400_000);
const { lab, agentId, ask } = scene;
for (const [login, role] of [
  ['root', 'admin'],
  ['nadia', 'supervisor'],
] as const) {
  const ran = await runVigie(
    ['user', 'add', '--role', role, '--login', login, '--name', login],
    scene.settings,
    `${password}\n`,
  );
  if (ran.code !== 0) throw new Error(ran.err);
}

async function askAs<T>(cookie: string, method: string, path: string, body?: unknown) {
  const reply = await fetch(`${scene.server().address}/api${path}`, {
    method,
    headers: { cookie, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await reply.text();
  return { status: reply.status, body: (text ? JSON.parse(text) : {}) as T & { code?: string } };
}
async function signIn(login: string): Promise<string> {
  const reply = await fetch(`${scene.server().address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login, password }),
  });
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
}
const root = await signIn('root');
const alice = await signIn('alice');

/** The administrator's form, sent. */
async function setPolicy(part: Partial<Policy>): Promise<void> {
  const { status, body } = await askAs(root, 'PUT', '/policy', { ...defaultPolicy, ...part });
  if (status !== 200) throw new Error(JSON.stringify(body));
}
const wish = (change: Partial<StartSupervision> = {}): StartSupervision => ({
  ...{ agentId, mode: 'listen', scope: 'call', reason: 'Quality', device: 'phone' },
  ...change,
});
const start = (change: Partial<StartSupervision> = {}) =>
  ask<Supervision>('POST', '/supervisions', wish(change));
/** What the click of who may listen is answered with. */
async function refusal(change: Partial<StartSupervision> = {}): Promise<string | undefined> {
  const { status, body } = await start(change);
  if (status === 201) await stop(body.id);
  return body.code;
}
async function stop(id: string): Promise<void> {
  await ask('DELETE', `/supervisions/${id}`);
  await scene.reach(id, 'ended');
}

/** What the agent's page is told of who hears her. */
async function agentPage(t: Test) {
  const socket: Socket = io(`${scene.server().address}/agent`, {
    ...{ transports: ['websocket'], extraHeaders: { cookie: alice }, forceNew: true },
  });
  t.teardown(() => void socket.disconnect());
  let told: OwnSupervision[] | undefined;
  const take = ({ me }: Pick<AgentPageChange, 'me'>) => {
    if (me) told = me.supervisedBy;
  };
  socket.on('snapshot', (page: AgentPage) => take(page));
  socket.on('change', take);
  await waitFor('the agent’s page', () => told !== undefined);
  return { told: () => told! };
}

/** An hour of this day that is over, or not yet, wherever the test runs. */
function closedWindow(): ListeningWindow {
  const hour = new Date().getUTCHours();
  const two = (n: number): string => String(((n % 24) + 24) % 24).padStart(2, '0');
  const times = { from: `${two(hour + 8)}:00`, to: `${two(hour + 9)}:00` };
  return { days: [1, 2, 3, 4, 5, 6, 7], ...times, teamIds: [], agentIds: [], firstDay: null, lastDay: null };
}
const openWindow: ListeningWindow = { ...closedWindow(), from: '00:00', to: '00:00' };

t.afterEach(async () => {
  await lab.phones.hangupAll();
  await waitFor('no call to be left', async () => (await lab.pbx.channels()).length === 0);
  await setPolicy({});
  await scene.nothingOfOurs();
});

t.test('A reason is required, and only those of the list where the list is closed', async (t) => {
  await scene.talk();
  t.equal(await refusal({ reason: '' }), 'validation-failed');
  await setPolicy({ reasons: ['Formation'], reasonsOnly: true });
  t.equal(await refusal({ reason: 'Quality' }), 'validation-failed');
  t.equal(await refusal({ reason: 'Formation' }), undefined);
  await setPolicy({ reasonRequired: false });
  t.equal(await refusal({ reason: '' }), undefined);
});

t.test('She is told by a mark, with or without a name, or by a tone as well, or by nothing', async (t) => {
  const page = await agentPage(t);
  const { customer, agent } = await scene.talk();
  const toldIs = (expected: OwnSupervision[]) =>
    waitFor(
      `${JSON.stringify(expected)} on her page`,
      () => JSON.stringify(page.told()) === JSON.stringify(expected),
    ).then(
      () => t.pass(JSON.stringify(expected)),
      (error: Error) => t.fail(error.message),
    );
  const beepsSince = async (fromMs: number, call: typeof agent) => {
    const { frames } = await scene.ear.heardBy(call, { fromMs, toMs: Date.now() + 1_000, tonesHz: [beepHz] });
    return frames.filter(({ levels }) => levels[beepHz]! > 0.02).length;
  };
  async function heard(): Promise<{ id: string; sinceMs: number }> {
    const sinceMs = Date.now();
    return { id: (await scene.supervise({ mode: 'listen', scope: 'call' })).id, sinceMs };
  }
  const marked = await heard();
  await toldIs([{ mode: 'listen', by: null }]);
  t.equal(await beepsSince(marked.sinceMs, agent), 0, 'a mark makes no sound');
  await setPolicy({ informAgentWho: true });
  const named = await waitFor('the name', () => page.told().find(({ by }) => by !== null));
  t.match(named, { mode: 'listen', by: { name: 'Sophie' } });
  await stop(marked.id);
  await toldIs([]);

  await setPolicy({ informAgent: 'beep' });
  const beeped = await heard();
  await toldIs([{ mode: 'listen', by: null }]);
  t.ok((await beepsSince(beeped.sinceMs, agent)) >= 8, 'she hears the tone');
  t.equal(await beepsSince(beeped.sinceMs, customer), 0, 'the customer does not');
  await stop(beeped.id);

  const never = await askAs(root, 'PUT', '/policy', { ...defaultPolicy, informAgent: 'never' });
  t.match(never, { status: 400 }, '“never” only with periods that were announced');
  await setPolicy({ informAgent: 'never', windows: [openWindow] });
  const silent = await heard();
  t.equal(await beepsSince(silent.sinceMs, agent), 0);
  t.strictSame(page.told(), []);
  await stop(silent.id);
});

t.test(
  'Outside the announced periods nobody is heard, and who listens when one closes is let go',
  async (t) => {
    await scene.talk();
    await setPolicy({ windows: [closedWindow()], timeZone: 'UTC' });
    for (const scope of ['call', 'agent'] as const)
      t.equal(await refusal({ scope }), 'outside-listening-hours', scope);
    for (const scope of ['call', 'agent'] as const) {
      await setPolicy({ windows: [openWindow], timeZone: 'UTC' });
      const { id, phone } = await scene.supervise({ mode: 'listen', scope });
      const atMs = Date.now();
      await setPolicy({ windows: [closedWindow()], timeZone: 'UTC' });
      const { at } = await phone.ended;
      t.ok(at - atMs <= endLimitMs, `${scope}: ${at - atMs} ms`);
      t.equal((await scene.reach(id, 'ended')).endedBecause, 'policy');
    }
  },
);

t.test('Persistent listening ends after its longest time, with a warning before', async (t) => {
  await setPolicy({ persistentMinutesMax: 1 });
  const startedMs = Date.now();
  const { id, phone } = await (async () => {
    const ringing = lab.phones.nextCall('1901');
    const { body } = await start({ scope: 'agent' });
    return { id: body.id, phone: await ringing };
  })();
  const warned = await waitFor(
    'the warning',
    async () => {
      const { body } = await ask<Supervision>('GET', `/supervisions/${id}`);
      return body.question === 'limit-near' && body;
    },
    65_000,
    200,
  );
  t.ok(Date.now() - startedMs < 60_000 && warned.state !== 'ended', 'before the end');
  const { at } = await phone.ended;
  const tookS = (at - startedMs) / 1_000;
  t.ok(tookS > 58 && tookS < 63, `${tookS.toFixed(1)} s`);
  t.equal((await scene.reach(id, 'ended')).endedBecause, 'limit');
});

t.test(
  'Numbers, queues and kinds of calls that are protected are never heard; by default they are',
  async (t) => {
    for (const number of ['1002', '1003']) lab.phones.behave(number, { answer: 'busy' });
    const kinds: [string, Partial<Policy>, string, () => Promise<unknown>][] = [
      [
        'a number',
        { protectedNumbers: ['0612*'] },
        'number-never-listened',
        () => dialled('customer', '1001'),
      ],
      ['a queue', { protectedQueues: ['sales'] }, 'queue-never-listened', () => dialled('customer', '8001')],
      [
        'a colleague',
        { protectInternalCalls: true },
        'internal-call-protected',
        () => dialled('1004', '1001'),
      ],
      [
        'an emergency',
        { protectEmergencyLines: true },
        'number-never-listened',
        () => dialled('1001', '112'),
      ],
    ];
    for (const [what, policy, code, call] of kinds) {
      await setPolicy({});
      await call();
      await waitFor(`${what}: heard by default`, async () => (await refusal()) === undefined);
      await setPolicy(policy);
      for (const mode of ['listen', 'whisper', 'barge'] as const)
        t.equal(await refusal({ mode }), code, `${what}, ${mode}`);
      await lab.phones.hangupAll();
      await waitFor(`${what} to end`, async () => (await refusal()) === 'agent-not-on-call');
    }
    for (const number of ['1002', '1003']) lab.phones.behave(number, { answer: 'auto' });
  },
);

async function dialled(from: string, to: string): Promise<void> {
  const caller = from === 'customer' ? { callerId: '0612345678' } : {};
  const call = await lab.phones.call({ from, to, ...caller });
  await call.waitAnswered();
}

for (const [what, mark, code] of [
  ['A private call', 'private', 'private-call'],
  ['A caller’s objection', 'objection', 'caller-objected'],
] as const)
  t.test(`${what} ends listening within a second, three times by the stopwatch`, async (t) => {
    const { callId } = await scene.talk();
    for (let i = 0; i < times; i++)
      for (const scope of ['call', 'agent'] as const) {
        const { id, phone } = await scene.supervise({ mode: 'listen', scope });
        const atMs = Date.now();
        t.equal((await askAs(alice, 'POST', `/calls/${callId}/${mark}`)).status, 200);
        if (scope === 'call') {
          const { at } = await phone.ended;
          t.ok(at - atMs <= endLimitMs, `his phone is let go after ${at - atMs} ms`);
          t.equal((await scene.reach(id, 'ended')).endedBecause, code);
        } else {
          t.match(await scene.reach(id, 'waiting'), { unheard: code });
          t.ok(Date.now() - atMs <= endLimitMs, `he waits for another call after ${Date.now() - atMs} ms`);
          const span = { fromMs: atMs + endLimitMs, toMs: atMs + endLimitMs + 500, tonesHz: [400, 800] };
          const { frames } = await scene.ear.heardBy(phone, span);
          t.ok(
            frames.every(({ levels }) => Math.max(levels[400]!, levels[800]!) < 0.01),
            'and hears nothing',
          );
          await stop(id);
        }
        t.equal(await refusal(), code, 'nor does anybody begin');
        t.equal((await askAs(alice, 'DELETE', `/calls/${callId}/${mark}`)).status, 200);
      }
  });

t.test(
  'An administrator who is nothing else hears, sees and takes over nobody, and sees no board',
  async (t) => {
    const { callId } = await scene.talk();
    for (const mode of modes)
      for (const scope of ['call', 'agent'] as const) {
        const { status, body } = await askAs(root, 'POST', '/supervisions', wish({ mode, scope }));
        t.equal(status, 403, `${mode}, ${scope}: ${body.code}`);
      }
    t.equal((await askAs(root, 'GET', '/live')).status, 403);
    t.equal((await askAs(root, 'GET', `/calls/${callId}`)).status, 403);
    const watching = { agentId, scope: 'agent', reason: 'Quality' };
    t.equal((await askAs(root, 'POST', '/screens', watching)).status, 403);
    // A supervisor of another team is as far from her.
    const nadia = await signIn('nadia');
    t.match(await askAs(nadia, 'POST', '/supervisions', wish()), { status: 403 });
  },
);
