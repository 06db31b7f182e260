import { setTimeout as delay } from 'node:timers/promises';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { seededRandom } from '../../scripts/lab/random.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { AppError } from '../../src/contract/errors.ts';
import type { StartSupervision, Supervision } from '../../src/contract/supervisions.ts';
import { ownOnPbx, type Run, type Scene } from './supervision-scene.ts';

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
  /** Anything that was thrown and is no refusal. */
  faults: string[];
}

export const randomSupervisors = ['1901', '1902', '1904', '1905', '1906', '1907', '1908'] as const;
/** All of them answer by themselves: troubles with phones have tests of their own. */
export const answeringSupervisors = Object.fromEntries(
  randomSupervisors.map((number) => [number, { behaviour: { answer: 'auto-header' as const } }]),
);
const agents = Array.from({ length: 12 }, (_, i) => String(1001 + i));
const explainLimitMs = 10_000;
const pauseMs = 150;

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
  { name: 'stop', weight: 4 },
] as const;
type ActionName = (typeof actions)[number]['name'];

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
    const agent = random.pick(agents);
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
    await delay(random.below(pauseMs));
  }
  await explained(scene, run, result);
}

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
    case 'stop':
      return mine && feature.stop(viewer, mine.id);
    default:
      return name satisfies never;
  }
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
    const to = random.pick(agents);
    const call = await phones.call({
      from: 'customer',
      callerId: `07${10_000_000 + random.below(89_999_999)}`,
      to,
    });
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
