import type { Dialplan } from '../../ports/telephony-facts.ts';
import type { CallFact } from './leg-facts.ts';

/** One step of a leg through the dialplan. */
export interface Step extends Dialplan {
  atMs: number;
  /** QUEUESTATUS at that moment, where the PBX sends it. */
  queueStatus: string | undefined;
}

/** Nothing when it is in that step already. */
export function addStep(steps: Step[], next: Step): void {
  if (!isSameStep(steps.at(-1), next)) steps.push(next);
}

/** A journal knows no priorities: 0 fits any. */
const isSameStep = (last: Step | undefined, next: Dialplan): boolean =>
  last !== undefined &&
  last.app === next.app &&
  last.appData === next.appData &&
  (last.priority === next.priority || last.priority === 0 || next.priority === 0) &&
  last.exten === next.exten &&
  last.context === next.context;

/** Only of the step the leg is in: where live events have told the next one already, it says nothing new. */
export function endStep(
  steps: Step[],
  { app, atMs }: Pick<Extract<CallFact, { kind: 'leg-app-ended' }>, 'app' | 'atMs'>,
): void {
  const last = steps.at(-1);
  if (last?.app === app)
    steps.push({ ...last, atMs, priority: 0, app: '', appData: '', queueStatus: undefined });
}

/** An application that lets go of a leg as it is hung up is the one it was hung up in. */
const letGoMaxMs = 100;

export function closeSteps(steps: Step[], endMs: number): void {
  const last = steps.at(-1);
  const isLetGo = last?.app === '' && steps.length > 1 && endMs - last.atMs <= letGoMaxMs;
  if (isLetGo) steps.pop();
}
