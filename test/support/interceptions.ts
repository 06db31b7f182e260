/** Many calls taken over, of every kind, beside other traffic: nobody may be lost on the way. */
import { readFile } from 'node:fs/promises';
import type { Ear } from '../../scripts/lab/ear.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { TakeoverMode } from '../../src/contract/supervisions.ts';
import { inState, openScene, type Run, type Scene } from './supervision-scene.ts';

const callKinds = ['Dial', 'Queue', 'Local chain', 'outbound'] as const;
type CallKind = (typeof callKinds)[number];
const takeoverModes: TakeoverMode[] = ['intercept', 'intercept-agent-listening'];

export interface Interceptions {
  done: number;
  byKind: Record<string, number>;
  /** Who hung up, or heard nobody any more, without anybody having wanted it. */
  customersLost: string[];
  agentsLost: string[];
  /** Agents whose own leg was lost, and who were rung again into the bridge. */
  agentsRungAgain: number;
  /** The longest stretch without a voice at each customer, from the click on. */
  silencesMs: number[];
  /** Anything else that went wrong. */
  faults: string[];
}

/** Pairs that work side by side; all of them have phones whose silence is silence, but the last agent's. */
const lanes = [
  { agent: '1001', supervisor: '1901' },
  { agent: '1002', supervisor: '1902' },
  { agent: '1003', supervisor: '1907' },
  { agent: '1004', supervisor: '1908' },
];
const heardMin = 0.1;
const settleMs = 400;
const listenedMs = 400;

/** A PBX with the bundled dialplan, and for each agent a number by a Local channel and one by a queue of his own. */
export async function openInterceptionScene(name: string): Promise<Scene> {
  const bundled = await readFile(new URL('../../dialplan/extensions_vigie.conf', import.meta.url), 'utf8');
  const numbers = `
[numbers](+)
exten => _88XXXX,1,Dial(Local/\${EXTEN:2}@from-queue/n,30,tk)
exten => _89XXXX,1,Answer()
 same => n,Queue(of-\${EXTEN:2},tk)
`;
  const queues = lanes.map(({ agent }) => `[of-${agent}]\nmember => PJSIP/${agent}`).join('\n');
  const answers = { behaviour: { answer: 'auto-header' as const } };
  return openScene({
    name,
    pbx: { dialplan: `${bundled}\n${numbers}`, append: { 'queues.conf': `\n${queues}\n` } },
    phones: { '1907': answers, '1908': answers },
  });
}

/** As many as asked for, over all kinds of calls and both modes in turn. */
export async function runInterceptions(scene: Scene, run: Run, count: number): Promise<Interceptions> {
  const result: Interceptions = {
    done: 0,
    byKind: {},
    customersLost: [],
    agentsLost: [],
    agentsRungAgain: 0,
    silencesMs: [],
    faults: [],
  };
  const ear = await scene.lab.listen();
  let next = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      while (next < count) {
        const n = next++;
        const kind = callKinds[n % callKinds.length]!;
        const mode = takeoverModes[Math.floor(n / callKinds.length) % takeoverModes.length]!;
        const label = `${n} ${kind} ${mode} ${lane.agent}`;
        try {
          await intercept({ scene, run, ear, result, ...lane, kind, mode, n, label });
          result.done += 1;
          result.byKind[`${kind}, ${mode}`] = (result.byKind[`${kind}, ${mode}`] ?? 0) + 1;
        } catch (error) {
          result.faults.push(`${label}: ${(error as Error).message}`);
          await clear(scene, lane);
        }
      }
    }),
  );
  await ear.close();
  return result;
}

interface Order {
  scene: Scene;
  run: Run;
  ear: Ear;
  result: Interceptions;
  agent: string;
  supervisor: string;
  kind: CallKind;
  mode: TakeoverMode;
  n: number;
  label: string;
}

async function intercept(order: Order): Promise<void> {
  const { scene, run, ear, result, mode, n, label } = order;
  const viewer = scene.viewer(order.supervisor);
  const { customer, agent } = await talk(order);
  const ringing = scene.lab.phones.nextCall(order.supervisor);
  const isFromListening = Math.floor(n / (callKinds.length * takeoverModes.length)) % 2 === 1;
  let clickedAtMs = Date.now();
  const wish = scene.wish(order.agent, isFromListening ? {} : { mode });
  const { id } = await run.feature.start(viewer, wish);
  await inState(run, viewer, id, 'live');
  const phone = await ringing;
  if (isFromListening) {
    clickedAtMs = Date.now();
    await run.feature.change(viewer, id, { mode });
  }
  const hears = async (call: PhoneCall, of: PhoneCall[]): Promise<PhoneCall[]> => {
    const fromMs = Date.now();
    const tonesHz = of.map(({ toneHz }) => toneHz);
    const { levels } = await ear.heardBy(call, { fromMs, toMs: fromMs + listenedMs, tonesHz });
    return of.filter(({ toneHz }) => levels[toneHz]!.mean > heardMin);
  };
  const company = waitFor('the supervisor at the customer', async () => {
    if (customer.end) throw new Error('hung up');
    return (await hears(customer, [phone])).length === 1;
  });
  await company.catch((error: Error) => result.customersLost.push(`${label}: ${error.message}`));
  const untilMs = Date.now() + settleMs;
  result.silencesMs.push(await silenceMs(ear, customer, clickedAtMs, untilMs, [agent.toneHz, phone.toneHz]));
  if (mode === 'intercept') await agent.waitEnded();
  else await listens(order, { customer, agent, phone, hears });
  if (customer.end) result.customersLost.push(`${label}: hung up afterwards`);
  await (n % 2 === 0 ? customer : phone).hangup();
  await Promise.all([customer.waitEnded(), phone.waitEnded()]);
  await inState(run, viewer, id, 'ended');
  await waitFor('the agent to be free', () => scene.lab.phones.callsOf(order.agent).length === 0);
}

/** The agent goes on hearing both, with the leg he had or one that was rung for him. */
async function listens(
  { scene, result, agent: number, label }: Order,
  {
    customer,
    agent,
    phone,
    hears,
  }: {
    customer: PhoneCall;
    agent: PhoneCall;
    phone: PhoneCall;
    hears(call: PhoneCall, of: PhoneCall[]): Promise<PhoneCall[]>;
  },
): Promise<void> {
  const isThere = waitFor('the agent to hear both', async () => {
    const call = scene.lab.phones.callsOf(number).find(({ answeredAt, end }) => answeredAt && !end);
    return call && (await hears(call, [customer, phone])).length === 2;
  });
  await isThere.catch((error: Error) => result.agentsLost.push(`${label}: ${error.message}`));
  if (agent.end) result.agentsRungAgain += 1;
}

/** A customer and an agent who talk with one another, and the server knows. */
async function talk({
  scene,
  run,
  agent: number,
  kind,
}: Order): Promise<{ customer: PhoneCall; agent: PhoneCall }> {
  const { phones } = scene.lab;
  const made = await (kind === 'outbound' ? outbound() : inbound());
  await Promise.all([made.customer.waitAnswered(), made.agent.waitAnswered()]);
  const legs = () => run.calls.live.legsOfDevice('main', `PJSIP/${number}`);
  await waitFor('a call to take over', () => legs().some(({ takeable }) => takeable));
  return made;

  async function outbound() {
    // Each lane's customer has a number of his own.
    const customersNumber = `06000${number}0`;
    const arrival = phones.nextCall(customersNumber);
    const agent = await phones.call({ from: number, to: customersNumber });
    return { agent, customer: await arrival };
  }
  async function inbound() {
    const prefix = { Dial: '', 'Local chain': '88', Queue: '89' }[kind as Exclude<CallKind, 'outbound'>];
    const arrival = phones.nextCall(number);
    const customer = await phones.call({ from: 'customer', to: `${prefix}${number}` });
    return { customer, agent: await arrival };
  }
}

/** The longest stretch without any of these voices in what this call was sent. */
async function silenceMs(
  ear: Ear,
  call: PhoneCall,
  fromMs: number,
  toMs: number,
  tonesHz: number[],
): Promise<number> {
  const { frames } = await ear.heardBy(call, { fromMs, toMs, tonesHz });
  const voicedAtMs = frames
    .filter(({ levels }) => tonesHz.some((hz) => levels[hz]! > heardMin))
    .map(({ atMs }) => atMs);
  const edges = [fromMs, ...voicedAtMs, toMs];
  return edges.slice(1).reduce((longest, atMs, i) => Math.max(longest, atMs - edges[i]!), 0);
}

/** After a fault nothing of it may stand in the way of the next one. */
async function clear({ lab }: Scene, { agent, supervisor }: (typeof lanes)[number]): Promise<void> {
  const calls = [...lab.phones.callsOf(agent), ...lab.phones.callsOf(supervisor)];
  await Promise.all(calls.map((call) => call.hangup().catch(() => {})));
  const isClear = () => [agent, supervisor].every((number) => lab.phones.callsOf(number).length === 0);
  await waitFor('the phones to be free', isClear, 30_000).catch(() => {});
}
