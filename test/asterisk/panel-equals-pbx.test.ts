/** The panel equals the PBX: sampled against `core show channels` and `queue show` through busy minutes. */
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { startDemoTraffic } from '../../scripts/lab/demo.ts';
import { type Lab, startLab } from '../../scripts/lab/index.ts';
import type { Agent } from '../../src/contract/agents.ts';
import type { LiveSnapshot } from '../../src/contract/live.ts';
import { type LivePanel, openLivePanel } from '../support/live-panel.ts';
import { type PbxTruth, type PhoneTruth, readPbxTruth } from '../support/pbx-truth.ts';
import { freshDataDir, runVigie, type Settings, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

/** No difference may be older. */
const freshWithinMs = 500;
/** Without AMI nothing tells who joins and leaves a queue: it is asked for. */
const membershipWithinMs = 10_000;
const busyMs = Number(process.env['VIGIE_BUSY_SECONDS'] ?? 30) * 1_000;
const watchedQueues = ['sales', 'support', 'billing'];
const password = 'correct horse battery';

interface Stage {
  lab: Lab;
  panel: LivePanel;
  agentOf(board: LiveSnapshot, device: string): Agent;
}

async function open(t: Test, withAmi: boolean): Promise<Stage> {
  const lab = await startLab({ name: `equal-${withAmi ? 'ami' : 'ari'}` });
  t.teardown(() => lab.stop());
  const { pbx } = lab;
  const settings: Settings = {
    DATA_DIR: await freshDataDir(t),
    ARI_URL: pbx.ariUrl,
    ARI_USERNAME: pbx.ariUsername,
    ARI_PASSWORD: pbx.ariPassword,
    ...(withAmi
      ? {
          AMI_HOST: '127.0.0.1',
          AMI_PORT: String(pbx.amiPort),
          AMI_USERNAME: 'careful',
          AMI_PASSWORD: pbx.amiPassword,
        }
      : {}),
  };
  const { address } = await serveVigie(t, settings);
  const added = await runVigie(
    ['user', 'add', '--login', 'sophie', '--name', 'Sophie', '--role', 'manager'],
    settings,
    `${password}\n`,
  );
  if (added.code !== 0) throw new Error(added.err);
  const send = (path: string, type: string, body: string, cookie = '') =>
    fetch(address + path, { method: 'POST', headers: { 'content-type': type, cookie }, body });
  const signedIn = await send(
    '/api/session',
    'application/json',
    JSON.stringify({ login: 'sophie', password }),
  );
  const cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!;
  const rows = lab.phones.roster
    .filter((phone) => phone.role === 'agent')
    .map(({ name, number }) => `${name},PJSIP/${number},North,${watchedQueues.join('|')}`);
  const imported = await send(
    '/api/agents/import',
    'text/csv',
    `name,endpoint,teams,queues\n${rows.join('\n')}\n`,
    cookie,
  );
  if (!imported.ok) throw new Error(await imported.text());
  const panel = await openLivePanel(address, cookie);
  t.teardown(() => panel.close());
  return { lab, panel, agentOf: (board, device) => board.agents.find((agent) => agent.endpoint === device)! };
}

const idleStates = ['available', 'paused', 'wrap-up', 'offline'];
/** What the panel may show of a phone in each condition; on hold is a bridge too. */
const statesFor: Record<PhoneTruth, readonly string[]> = {
  idle: idleStates,
  ringing: ['ringing'],
  talking: ['on-call', 'on-hold'],
  other: [...idleStates, 'ringing', 'on-call', 'on-hold'],
};

interface Difference {
  atMs: number;
  what: string;
  truth: string;
  /** All that was shown in the time allowed. */
  shown: string[];
}

/** What the PBX said in a sample that the panel did not show in time. */
function differences(stage: Stage, truth: PbxTruth, membershipMs: number): Difference[] {
  const { panel, lab, agentOf } = stage;
  const found: Difference[] = [];
  const expect = (
    what: string,
    says: string,
    limitMs: number,
    read: (board: LiveSnapshot) => string,
    holds: (shown: string) => boolean,
  ) => {
    const shown = [...new Set(panel.shownBetween(truth.fromMs, truth.toMs + limitMs).map(read))];
    if (!shown.some(holds)) found.push({ atMs: Math.round(truth.fromMs), what, truth: says, shown });
  };
  for (const { number, role } of lab.phones.roster) {
    const device = `PJSIP/${number}`;
    if (role !== 'agent') continue;
    const phone = truth.phone(device);
    expect(
      device,
      phone,
      freshWithinMs,
      (board) => agentOf(board, device).state,
      (state) => statesFor[phone].includes(state),
    );
  }
  for (const name of watchedQueues) {
    const queue = truth.queues.get(name)!;
    const pauses = [...queue.members]
      .map(([member, { paused }]) => `${member}${paused ? ' paused' : ''}`)
      .sort()
      .join(', ');
    const who = [...queue.members.keys()].sort().join(', ');
    const shownMembers = (board: LiveSnapshot, withPause: boolean) =>
      board.agents
        .flatMap((agent) => agent.queues.filter((one) => one.id === name))
        .map((one) => one.interface + (withPause && one.paused ? ' paused' : ''))
        .sort()
        .join(', ');
    expect(
      `${name} members`,
      who,
      membershipMs,
      (board) => shownMembers(board, false),
      (shown) => shown === who,
    );
    // Who is not known yet to be a member cannot be shown as paused.
    const known = panel
      .shownBetween(truth.fromMs, truth.toMs)
      .some((board) => shownMembers(board, false) === who);
    if (known)
      expect(
        `${name} pauses`,
        pauses,
        freshWithinMs,
        (board) => shownMembers(board, true),
        (shown) => shown === pauses,
      );
    const callers = String(queue.callers);
    expect(
      `${name} callers`,
      callers,
      freshWithinMs,
      (board) => String(board.queues.find((one) => one.id === name)?.waiting),
      (shown) => shown === callers,
    );
  }
  return found;
}

/** A member who left again before his time to be shown was over was no difference older than that. */
function lasted(
  stage: Stage,
  samples: PbxTruth[],
  { what, atMs }: Difference,
  membershipMs: number,
): boolean {
  if (!what.endsWith(' members') || membershipMs <= freshWithinMs) return true;
  return samples
    .filter(({ fromMs }) => fromMs > atMs && fromMs <= atMs + membershipMs)
    .every((later) => differences(stage, later, 0).some((other) => other.what === what));
}

/** Pauses by code and by console, comes and goes of members, beside the calls. */
async function shuffleMembers(lab: Lab, running: () => boolean): Promise<void> {
  const commands = [
    'queue pause member PJSIP/1002 queue sales reason lunch',
    'queue pause member Local/1005@from-queue/n queue support',
    'queue add member PJSIP/1010 to sales',
    'queue unpause member PJSIP/1002 queue sales',
    'queue pause member PJSIP/1008 queue billing reason tea',
    'queue remove member PJSIP/1010 from sales',
    'queue unpause member Local/1005@from-queue/n queue support',
    'queue unpause member PJSIP/1008 queue billing',
  ];
  for (let i = 0; running(); i++) {
    await lab.pbx.cli(commands[i % commands.length]!);
    await delay(1_300);
  }
}

/** Samples through a busy time; every sample is judged once its time for being shown is over. */
async function busyTime(t: Test, stage: Stage, membershipMs: number): Promise<void> {
  const { lab, panel } = stage;
  const traffic = startDemoTraffic(lab, { callsPerMinute: 80, seed: 7 });
  let running = true;
  const shuffling = shuffleMembers(lab, () => running);
  const samples: PbxTruth[] = [];
  const endMs = performance.now() + busyMs;
  while (performance.now() < endMs) {
    samples.push(await readPbxTruth(lab.pbx));
    await delay(150);
  }
  await delay(membershipMs + freshWithinMs);
  const found = samples
    .flatMap((sample) => differences(stage, sample, membershipMs))
    .filter((difference) => lasted(stage, samples, difference, membershipMs));
  running = false;
  await shuffling;
  await traffic.stop();
  const count = (phone: PhoneTruth) =>
    samples.reduce(
      (sum, sample) =>
        sum + lab.phones.roster.filter(({ number }) => sample.phone(`PJSIP/${number}`) === phone).length,
      0,
    );
  t.comment(
    `${samples.length} samples: ${count('talking')} talking, ${count('ringing')} ringing, ${count('idle')} idle phones`,
  );
  t.ok(samples.length > busyMs / 1_000, 'sampled more than once a second');
  t.ok(count('talking') > samples.length && count('ringing') > 5, 'it was a busy time');
  t.same(found.slice(0, 20), [], `${found.length} differences`);
  await waitFor(
    async () => differences(stage, await readPbxTruth(lab.pbx), 0),
    (left) => left.length === 0,
    15_000,
  ).catch((error: Error) => t.fail(`after the busy time: ${error.message}`));
  t.same(panel.now().calls, [], 'no call stays on the board');
}

t.test('with AMI no difference is older than half a second', { timeout: 240_000 }, async (t) => {
  const stage = await open(t, true);
  const { lab, panel, agentOf } = stage;
  await waitFor(
    () => panel.now().pbxs[0],
    (pbx) => pbx?.state === 'connected' && pbx.ami === 'connected',
  );
  t.equal(panel.now().pbxs[0]?.queueMembershipMaxAgeMs, null, 'membership is pushed');
  await waitFor(
    async () => differences(stage, await readPbxTruth(lab.pbx), freshWithinMs),
    (left) => left.length === 0,
  );

  t.comment('hold, pause with its reason, wrap-up');
  const customer = await lab.phones.call({ from: 'customer', to: '1003' });
  await customer.waitAnswered();
  const state = (device: string) => agentOf(panel.now(), device);
  await waitFor(
    () => state('PJSIP/1003').state,
    (one) => one === 'on-call',
  );
  const [agent] = lab.phones.callsOf('1003');
  await agent!.hold();
  await waitFor(
    () => state('PJSIP/1003').state,
    (one) => one === 'on-hold',
    2_000,
  );
  await agent!.unhold();
  await waitFor(
    () => state('PJSIP/1003').state,
    (one) => one === 'on-call',
    2_000,
  );
  await customer.hangup();
  for (const queue of ['sales', 'hinted', 'ladder', 'wrapping'])
    await lab.pbx.cli(`queue pause member PJSIP/1002 queue ${queue} reason lunch`);
  await waitFor(
    () => state('PJSIP/1002'),
    ({ state, pauseReason }) => state === 'paused' && pauseReason === 'lunch',
    2_000,
  );
  for (const queue of ['sales', 'hinted', 'ladder'])
    await lab.pbx.cli(`queue unpause member PJSIP/1002 queue ${queue}`);
  await waitFor(
    () => state('PJSIP/1002').state,
    (one) => one === 'available',
    2_000,
  );
  const wrapping = await lab.phones.call({ from: 'customer', to: '8009' });
  await wrapping.waitAnswered();
  await wrapping.hangup();
  await waitFor(
    () => state('PJSIP/1001').state,
    (one) => one === 'wrap-up',
    3_000,
  );
  await waitFor(
    () => state('PJSIP/1001').state,
    (one) => one === 'available',
    8_000,
  );

  await busyTime(t, stage, freshWithinMs);
});

t.test(
  'without AMI queue membership follows within ten seconds, the rest at once, and the panel says so',
  { timeout: 240_000 },
  async (t) => {
    const stage = await open(t, false);
    const { lab, panel } = stage;
    await waitFor(
      () => panel.now().pbxs[0],
      (pbx) => pbx?.state === 'connected',
    );
    t.match(panel.now().pbxs[0], { ami: 'not-configured', queueMembershipMaxAgeMs: membershipWithinMs });
    t.ok(
      panel.now().agents.every((agent) => !agent.wrapUpKnown),
      'wrap-up is not known',
    );
    await waitFor(
      async () => differences(stage, await readPbxTruth(lab.pbx), membershipWithinMs),
      (left) => left.length === 0,
      membershipWithinMs,
    );
    await busyTime(t, stage, membershipWithinMs);
  },
);
