import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { seededRandom } from '../../scripts/lab/random.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { AppError } from '../../src/contract/errors.ts';
import type { StartSupervision, Supervision } from '../../src/contract/supervisions.ts';
import { openScene, ownOnPbx, type Run, type Scene } from './supervision-scene.ts';

export interface RandomActionsOptions {
  /** Sequences of three to six actions each, by supervisors who work side by side. */
  sequences: number;
  seed: number;
  callsAtOnce: number;
}
export interface RandomActions {
  sequences: number;
  actions: number;
  /** How often each action was done, and each was refused with which code. */
  done: Record<string, number>;
  refused: Record<string, number>;
  /** What stood on the PBX and no open supervision explained. */
  unexplained: string[];
  /** What a supervision that is live should have there, and had not. */
  missing: string[];
  /** Anything that was thrown and is no refusal. */
  faults: string[];
}

const randomSupervisors = ['1901', '1902', '1904', '1905', '1906', '1907', '1908'] as const;
/** All of them answer by themselves: troubles with phones have tests of their own. */
const answeringSupervisors = Object.fromEntries(
  randomSupervisors.map((number) => [number, { behaviour: { answer: 'auto-header' as const } }]),
);
const agents = Array.from({ length: 12 }, (_, i) => String(1001 + i));
const explainLimitMs = 10_000;
/** Between two actions of one supervisor: often in the middle of the last one, sometimes well after it. */
const pausesMs = [0, 20, 80, 200, 500, 1_200];
/** Queues that have no member of their own. */
const emptyQueues = ['waiting', 'first', 'second'];

type Random = ReturnType<typeof seededRandom>;
const actions = [
  { name: 'listen', weight: 5 },
  { name: 'whisper', weight: 3 },
  { name: 'barge', weight: 3 },
  { name: 'follow', weight: 4 },
  { name: 'change', weight: 6 },
  { name: 'pause', weight: 2 },
  { name: 'go-on', weight: 1 },
  { name: 'intercept', weight: 3 },
  { name: 'intercept-agent-listening', weight: 2 },
  { name: 'hand-over', weight: 4 },
  { name: 'move', weight: 2 },
  { name: 'stop', weight: 4 },
] as const;
type ActionName = (typeof actions)[number]['name'];

/** A PBX with the bundled dialplan, and supervisors who answer. */
export async function openRandomScene(name: string): Promise<Scene> {
  const dialplan = await readFile(new URL('../../dialplan/extensions_vigie.conf', import.meta.url), 'utf8');
  return openScene({ name, pbx: { dialplan }, phones: answeringSupervisors });
}

/** A server for them; takeovers by AMI, or by the bundled dialplan alone. */
export const startRandomRun = (scene: Scene, ami: boolean): Promise<Run> =>
  scene.start({ ami, isQueue: () => true });

/** Random actions on calls that come, are held, transferred and go; the same seed asks for the same, in the same order. */
export async function runRandomActions(
  scene: Scene,
  run: Run,
  options: RandomActionsOptions,
): Promise<RandomActions> {
  const result: RandomActions = {
    sequences: 0,
    actions: 0,
    done: {},
    refused: {},
    unexplained: [],
    missing: [],
    faults: [],
  };
  const floor = keepCallsUp(scene, options, result);
  await waitFor('the calls', () => run.calls.live.all().length >= options.callsAtOnce / 2, 30_000);
  const perSupervisor = Math.ceil(options.sequences / randomSupervisors.length);
  await Promise.all(
    randomSupervisors.map(async (number, i) => {
      const random = seededRandom(options.seed * 100 + i);
      for (let n = 0; n < perSupervisor; n++) {
        await sequence(scene, run, number, random, result);
        result.sequences += 1;
      }
    }),
  );
  await floor.stop();
  for (const one of run.feature.live.all()) await run.feature.stop(supervisorOf(scene, one), one.id);
  return result;
}

async function sequence(scene: Scene, run: Run, number: string, random: Random, result: RandomActions) {
  const viewer = scene.viewer(number);
  const length = 3 + random.below(4);
  for (let i = 0; i < length; i++) {
    const { name } = random.weighted(actions);
    // Mostly somebody with whom something can be done; else anybody, and the refusal must have its code.
    const busy = random.next() < 0.7 ? agents.filter((agent) => hasOneCall(run, agent)) : [];
    const agent = random.pick(busy.length > 0 ? busy : agents);
    const choice = random.next();
    const mine = run.feature.live.bySupervisor(viewer.personId);
    result.actions += 1;
    try {
      await act(scene, run, { name, agent, choice, viewer, mine });
      count(result.done, name);
    } catch (error) {
      if (error instanceof AppError) count(result.refused, `${name}: ${error.code}`);
      else result.faults.push(`${name}: ${(error as Error).stack ?? String(error)}`);
    }
    await delay(random.pick(pausesMs));
  }
  await explained(scene, run, result);
  await complete(scene, run, viewer.personId, result);
}

const hasOneCall = ({ calls }: Run, number: string): boolean =>
  calls.live.legsOfDevice('main', `PJSIP/${number}`).filter(({ state }) => state !== 'ringing').length === 1;

interface Act {
  name: ActionName;
  agent: string;
  choice: number;
  viewer: ReturnType<Scene['viewer']>;
  mine: Supervision | undefined;
}

async function act(scene: Scene, run: Run, { name, agent, choice, viewer, mine }: Act): Promise<unknown> {
  const { feature } = run;
  const start = (change: Partial<StartSupervision>) => feature.start(viewer, scene.wish(agent, change));
  switch (name) {
    case 'listen':
    case 'whisper':
    case 'barge':
      return start({ mode: name });
    case 'follow':
      return start({ mode: 'listen', scope: 'agent' });
    case 'intercept':
    case 'intercept-agent-listening':
      // From the panel, or out of a listening that runs.
      return mine && choice < 0.5 ? feature.change(viewer, mine.id, { mode: name }) : start({ mode: name });
    case 'change':
      return (
        mine &&
        feature.change(viewer, mine.id, {
          mode: choice < 0.4 ? 'whisper' : choice < 0.7 ? 'barge' : 'listen',
        })
      );
    case 'pause':
      return mine && feature.change(viewer, mine.id, { paused: !mine.paused });
    case 'go-on':
      return mine && feature.change(viewer, mine.id, { goOn: true });
    case 'hand-over': {
      const queue = emptyQueues[Math.floor(choice * emptyQueues.length)]!;
      const to = choice < 0.6 ? { agentId: scene.person(agent).id } : { queue };
      return mine && feature.handOver(viewer, mine.id, to);
    }
    case 'move':
      return move(scene, run, { agent, choice, viewer });
    case 'stop':
      return mine && feature.stop(viewer, mine.id);
    default:
      return name satisfies never;
  }
}

/** Some call that waits goes to an agent, or into another queue. */
async function move(
  scene: Scene,
  run: Run,
  { agent, choice, viewer }: Pick<Act, 'agent' | 'choice' | 'viewer'>,
): Promise<unknown> {
  const waiting = run.calls.live
    .all()
    .filter((call) => call.endedAt === null && call.queueVisits.at(-1)?.to === null);
  const call = waiting[Math.floor(choice * waiting.length)];
  const to = choice < 0.5 ? { agentId: scene.person(agent).id } : { queue: emptyQueues[1]! };
  return call && run.feature.move(viewer, call.id, to);
}

/** A live supervision has its bridge, with the supervisor in it and, while it listens, one snoop. */
async function complete(scene: Scene, run: Run, personId: string, result: RandomActions): Promise<void> {
  let lacks = '';
  const isComplete = async () => {
    const bridges = await scene.lab.pbx.ari.request<{ id: string; channels: string[] }[]>('GET', '/bridges');
    const mine = run.feature.live.bySupervisor(personId);
    if (mine?.state !== 'live') return true;
    const inside = bridges.find(({ id }) => id === `vigie-${mine.id}-bridge`)?.channels ?? [];
    const snoops = inside.filter((id) => id.includes('-snoop-')).length;
    const guests = inside.filter((id) => !id.startsWith('vigie-')).length;
    lacks = `${mine.id} ${mine.mode} ${mine.scope}: ${inside.join(' ')}`;
    const isHeard = mine.mode.startsWith('intercept') ? guests >= 1 : snoops === 1;
    return inside.includes(`vigie-${mine.id}-phone-1`) && isHeard;
  };
  await waitFor('a live supervision to be complete', isComplete, explainLimitMs).catch(() =>
    result.missing.push(lacks),
  );
}

/** Whatever of ours is on the PBX belongs to a supervision that is open, or goes within some seconds. */
async function explained(scene: Scene, run: Run, result: RandomActions): Promise<void> {
  let left: string[] = [];
  const isExplained = async () => {
    const found = await ownOnPbx(scene.lab);
    const open = run.feature.live.all().map(({ id }) => id);
    left = found.filter((ownId) => !open.some((id) => ownId.includes(id)));
    return left.length === 0;
  };
  await waitFor('an explanation', isExplained, explainLimitMs).catch(() => result.unexplained.push(...left));
}

/** Customers call agents, so that there are about so many calls; they are held, transferred and hung up as it comes. */
function keepCallsUp(scene: Scene, { seed, callsAtOnce }: RandomActionsOptions, result: RandomActions) {
  const random = seededRandom(seed);
  const up = new Set<PhoneCall>();
  let isOver = false;
  const { phones } = scene.lab;

  async function oneCall(): Promise<void> {
    const chance = random.next();
    const agent = random.pick(agents);
    const customer = `07${10_000_000 + random.below(89_999_999)}`;
    // Direct calls, some that wait in a queue, some by a Local channel, some that agents make.
    const to = chance < 0.65 ? agent : chance < 0.8 ? '8010' : '8030';
    const call =
      chance < 0.9
        ? await phones.call({ from: 'customer', callerId: customer, to })
        : await phones.call({ from: agent, to: customer });
    up.add(call);
    void call
      .waitEnded(120_000)
      .catch(() => {})
      .then(() => up.delete(call));
  }
  async function trouble(): Promise<void> {
    const agentCall = phones.callsOf(random.pick(agents)).find(({ answeredAt, end }) => answeredAt && !end);
    if (!agentCall) return;
    const chance = random.next();
    if (chance < 0.4) await agentCall.hangup();
    else if (chance < 0.6) await agentCall.hold();
    else if (chance < 0.75) await agentCall.unhold();
    else await agentCall.blindTransfer(random.pick(agents));
  }
  const running = (async () => {
    while (!isOver) {
      // A call that ends under what is done to it is what this is about.
      if (up.size < callsAtOnce) await oneCall().catch((error) => result.faults.push(`call: ${error}`));
      else if (random.next() < 0.3) await trouble().catch(() => {});
      await delay(60);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await running;
      await phones.hangupAll();
    },
  };
}

const supervisorOf = (scene: Scene, { by }: Supervision) => {
  const number = randomSupervisors.find((one) => scene.person(one).id === by.id);
  if (!number) throw new Error(`nobody of ours: ${by.name}`);
  return scene.viewer(number);
};

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
