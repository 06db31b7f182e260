/** What tests of takeovers share: a PBX with the bundled dialplan, two supervisors, and who hears whom. */
import { readFile } from 'node:fs/promises';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { Call } from '../../src/contract/calls.ts';
import type { TakeoverMode } from '../../src/contract/supervisions.ts';
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
  const start = (): Promise<Run> => scene.start({ ami: true, isQueue: () => true });
  return { scene, lab, viewer, other: scene.viewer('1902'), start, hears, hearOneAnother, known, taken };
}
