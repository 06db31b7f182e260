/** What tests of takeovers share: a PBX with the bundled dialplan, two supervisors, and who hears whom. */
import { readFile } from 'node:fs/promises';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { Call } from '../../src/contract/calls.ts';
import type { Supervision, TakeoverMode } from '../../src/contract/supervisions.ts';
import { inState, openScene, type Run } from './supervision-scene.ts';

export interface Taken {
  customer: PhoneCall;
  agent: PhoneCall;
  phone: PhoneCall;
  callId: string;
  id: string;
}

export async function openTakeoverStage(name: string) {
  const dialplan = await readFile(new URL('../../dialplan/extensions_vigie.conf', import.meta.url), 'utf8');
  const scene = await openScene({ name, pbx: { dialplan } });
  const { lab } = scene;
  const viewer = scene.viewer('1901');
  const ear = await lab.listen();

  /** Those of the others whom this one hears. */
  async function hears(call: PhoneCall, of: PhoneCall[]): Promise<PhoneCall[]> {
    const tonesHz = of.map(({ toneHz }) => toneHz);
    const fromMs = Date.now();
    const { levels } = await ear.heardBy(call, { fromMs, toMs: fromMs + 400, tonesHz });
    return of.filter(({ toneHz }) => levels[toneHz]!.mean > 0.1);
  }
  async function hearOneAnother(one: PhoneCall, another: PhoneCall): Promise<void> {
    await waitFor('them to hear one another', async () => {
      const heard = await Promise.all([hears(one, [another]), hears(another, [one])]);
      return heard.every((tones) => tones.length === 1);
    });
  }
  async function known(run: Run, number: string): Promise<Call> {
    const leg = () => run.calls.live.legsOfDevice('main', `PJSIP/${number}`).find(({ takeable }) => takeable);
    const { callId } = await waitFor('a call to take over', leg);
    return run.calls.live.byId(callId)!;
  }
  /** A customer of 1001 who is the supervisor's 1901 now. */
  async function taken(run: Run, mode: TakeoverMode = 'intercept'): Promise<Taken> {
    const { customer, agent } = await scene.talk('1001', '1001');
    const { id: callId } = await known(run, '1001');
    const arrival = lab.phones.nextCall('1901');
    const { id } = await run.feature.start(viewer, scene.wish('1001', { mode }));
    const phone = await arrival;
    await inState(run, viewer, id, 'live');
    if (mode === 'intercept') await agent.waitEnded();
    return { customer, agent, phone, callId, id };
  }
  /** The first supervisor's supervision ends, for that reason and no other. */
  async function over(run: Run, id: string, because: Supervision['endedBecause']): Promise<void> {
    const { endedBecause } = await inState(run, viewer, id, 'ended');
    if (endedBecause !== because) throw new Error(`ended because of ${endedBecause}, not ${because}`);
  }
  /** A customer who waits in a queue that has no member. */
  async function waitingCall(run: Run): Promise<{ customer: PhoneCall; callId: string }> {
    const customer = await lab.phones.call({ from: 'customer', to: '8010' });
    await customer.waitAnswered();
    const waiting = () =>
      run.calls.live.all().find((call) => call.endedAt === null && call.queueVisits.at(-1)?.to === null);
    const { id: callId } = await waitFor('the call to wait', waiting);
    return { customer, callId };
  }
  const start = (): Promise<Run> => scene.start({ ami: true, isQueue: () => true });
  const other = scene.viewer('1902');
  const heard = { hears, hearOneAnother };
  return { scene, lab, viewer, other, start, ...heard, known, taken, over, waitingCall };
}

/** The code of the refusal, `none` where there is none. */
export const refusalOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: { code?: string }) => error.code ?? String(error),
  );
