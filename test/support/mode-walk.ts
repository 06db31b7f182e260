import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import type { AudioMode, Scope } from '../../src/contract/supervisions.ts';
import { inState, type Run, type Scene } from './supervision-scene.ts';
import type { ModeSpan } from './who-hears-whom.ts';

export interface Started {
  id: string;
  phone: PhoneCall;
  mode: AudioMode;
}

const until = (atMs: number) => new Promise((resolve) => setTimeout(resolve, atMs - Date.now()));

/** A supervision that is live, and the supervisor's phone in it. */
export async function startLive(
  scene: Scene,
  run: Run,
  supervisor: string,
  agentNumber: string,
  mode: AudioMode,
  scope: Scope = 'call',
): Promise<Started> {
  const viewer = scene.viewer(supervisor);
  const ringing = scene.lab.phones.nextCall(supervisor);
  const { id } = await run.feature.start(viewer, scene.wish(agentNumber, { mode, scope }));
  await inState(run, viewer, id, 'live');
  const phone = await ringing;
  await phone.waitAnswered();
  return { id, phone, mode };
}

/** Goes through the modes, the first being the one that holds already, each held for `holdMs` after its reply. */
export async function walkModes(
  { feature }: Run,
  viewer: ReturnType<Scene['viewer']>,
  { id, mode: first }: Started,
  wanted: AudioMode[],
  holdMs: () => number,
): Promise<ModeSpan[]> {
  const spans: ModeSpan[] = [];
  for (const mode of [first, ...wanted]) {
    const askedAtMs = Date.now();
    if (spans.length > 0) spans.at(-1)!.untilMs = askedAtMs;
    const supervision = await feature.change(viewer, id, { mode });
    if (supervision.mode !== mode) throw new Error(`${mode} was asked for, ${supervision.mode} holds`);
    spans.push({ mode, askedAtMs, repliedAtMs: Date.now(), untilMs: 0 });
    await until(Date.now() + 100 + holdMs());
  }
  spans.at(-1)!.untilMs = Date.now();
  return spans;
}
