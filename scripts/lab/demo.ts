import type { Lab } from './index.ts';
import type { PhoneCall } from './phone-call.ts';
import { seededRandom } from './random.ts';
import { outsideBehaviour } from './roster.ts';

interface DemoOptions {
  /** How many calls begin in a minute, on average. */
  callsPerMinute: number;
  /** The same seed makes the same sequence of calls. */
  seed: number;
}

export interface DemoTraffic {
  /** Begins no new call and hangs up those in progress. */
  stop(): Promise<void>;
}

type Random = ReturnType<typeof seededRandom>;

/** A kind of call, with how often it comes about. */
interface Scene {
  weight: number;
  play(stage: Stage): Promise<void>;
}

interface Stage {
  lab: Lab;
  random: Random;
  /** False once the demo stops: scenes end early. */
  running(): boolean;
  pause(ms: number): Promise<void>;
}

/** An agent needs this long at least to pick up; who is less patient abandons. */
const agentsAnswerAfterMs = 3_500;

const queues = ['8001', '8002', '8003'];
const agents = Array.from({ length: 9 }, (_, i) => String(1001 + i));
const callerNames = [
  'Jeanne Lefèvre',
  'Marc Rousseau',
  'Amina Haddad',
  'Paul Girard',
  'Lucie Fontaine',
  'Omar Diallo',
].concat(['Claire Mercier', 'Yann Le Goff', 'Nadia Cherif', 'Hélène Vidal']);

const scenes: Scene[] = [
  { weight: 10, play: (stage) => talkInQueue(stage, 'customer') },
  { weight: 6, play: (stage) => talkInQueue(stage, 'agent') },
  { weight: 3, play: holdAndReturn },
  { weight: 3, play: blindTransfer },
  { weight: 3, play: abandonInQueue },
  { weight: 2, play: abandonInMenu },
  { weight: 2, play: (stage) => directCall(stage, { answer: 'busy' }) },
  { weight: 2, play: (stage) => directCall(stage, { answer: 'reject' }) },
  { weight: 2, play: (stage) => directCall(stage, { answer: 'ring' }) },
  { weight: 3, play: outboundCall },
  { weight: 2, play: internalCall },
  { weight: 1, play: closedMessage },
];

/** Keeps calls of believable kinds coming and going until stopped; the agents of the lab's three queues take them. */
export function startDemoTraffic(lab: Lab, options: DemoOptions): DemoTraffic {
  const random = seededRandom(options.seed);
  const ending = new AbortController();
  const inProgress = new Set<Promise<void>>();
  const pause = (ms: number) => pauseUnless(ending.signal, ms);
  const stage: Stage = { lab, random, running: () => !ending.signal.aborted, pause };
  for (const number of agents)
    lab.phones.behave(number, { answer: 'auto', answerAfterMs: agentsAnswerAfterMs + random.below(4000) });

  const beginOne = () => {
    const scene = random.weighted(scenes);
    // A scene whose call ends before its time is like life: the next one follows.
    const played: Promise<void> = scene.play(stage).catch(() => {});
    inProgress.add(played);
    void played.then(() => inProgress.delete(played));
  };

  const loop = (async () => {
    while (stage.running()) {
      if (inProgress.size < 12) beginOne();
      await pause((60_000 / options.callsPerMinute) * (0.5 + random.next()));
    }
  })();

  return {
    stop: async () => {
      ending.abort();
      await loop;
      await lab.phones.hangupAll();
      await Promise.all(inProgress);
    },
  };
}

function pauseUnless(signal: AbortSignal, ms: number): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}

async function customerCalls({ lab, random }: Stage, to: string): Promise<PhoneCall> {
  const callerId = `06${String(random.below(1e8)).padStart(8, '0')}`;
  return lab.phones.call({
    from: 'customer',
    to,
    callerId,
    callerName: random.pick(callerNames),
    codec: 'alaw',
  });
}

/** A customer waits in a queue until somebody takes him: gives both ends, or undefined when he gave up. */
async function reachSomebody(
  stage: Stage,
  queue: string,
): Promise<{ customer: PhoneCall; agent: PhoneCall } | undefined> {
  const customer = await customerCalls(stage, queue);
  const patienceMs = 40_000;
  const began = Date.now();
  while (stage.running() && !customer.end && Date.now() - began < patienceMs) {
    const agent = stage.lab.phones.log.find(
      (call) =>
        call.direction === 'in' && call.answeredAt && !call.end && call.from.number === customer.from.number,
    );
    if (agent) return { customer, agent };
    await stage.pause(200);
  }
  await customer.hangup();
  return undefined;
}

const talkMs = (random: Random) => 8_000 + random.below(45_000);

async function talkInQueue(stage: Stage, hangsUp: 'customer' | 'agent'): Promise<void> {
  const talk = await reachSomebody(stage, stage.random.pick(queues));
  if (!talk) return;
  await stage.pause(talkMs(stage.random));
  await talk[hangsUp].hangup();
}

async function holdAndReturn(stage: Stage): Promise<void> {
  const talk = await reachSomebody(stage, stage.random.pick(queues));
  if (!talk) return;
  await stage.pause(talkMs(stage.random) / 2);
  await talk.agent.hold();
  await stage.pause(5_000 + stage.random.below(15_000));
  await talk.agent.unhold();
  await stage.pause(talkMs(stage.random) / 2);
  await talk.customer.hangup();
}

async function blindTransfer(stage: Stage): Promise<void> {
  const talk = await reachSomebody(stage, stage.random.pick(queues));
  if (!talk) return;
  await stage.pause(talkMs(stage.random) / 2);
  const free = agents.filter((number) => stage.lab.phones.callsOf(number).length === 0);
  if (free.length > 0) await talk.agent.blindTransfer(stage.random.pick(free));
  await stage.pause(talkMs(stage.random));
  await talk.customer.hangup();
}

async function abandonInQueue(stage: Stage): Promise<void> {
  const customer = await customerCalls(stage, stage.random.pick(queues));
  await stage.pause(1_000 + stage.random.below(agentsAnswerAfterMs - 1_500));
  await customer.hangup();
}

async function abandonInMenu(stage: Stage): Promise<void> {
  const customer = await customerCalls(stage, '8013');
  await stage.pause(1_500 + stage.random.below(4_000));
  await customer.hangup();
}

/** A call to one agent's own number, whose phone does this with it, once. */
async function directCall(stage: Stage, behaviour: { answer: 'busy' | 'reject' | 'ring' }): Promise<void> {
  const number = stage.random.pick(['1010', '1011', '1012']);
  stage.lab.phones.behave(number, behaviour);
  const customer = await customerCalls(stage, number);
  await Promise.race([customer.ended, stage.pause(12_000)]);
  await customer.hangup();
  stage.lab.phones.behave(number, { answer: 'auto' });
}

async function outboundCall(stage: Stage): Promise<void> {
  const to = `014000000${stage.random.below(10)}`;
  stage.lab.phones.behave(to, { ...outsideBehaviour, answerAfterMs: 2_000 + stage.random.below(4_000) });
  const call = await stage.lab.phones.call({ from: stage.random.pick(['1010', '1011', '1012']), to });
  await stage.pause(talkMs(stage.random));
  await call.hangup();
}

async function internalCall(stage: Stage): Promise<void> {
  const call = await stage.lab.phones.call({ from: '1012', to: stage.random.pick(agents) });
  await stage.pause(talkMs(stage.random) / 2);
  await call.hangup();
}

async function closedMessage(stage: Stage): Promise<void> {
  await Promise.race([(await customerCalls(stage, '8014')).ended, stage.pause(10_000)]);
}
