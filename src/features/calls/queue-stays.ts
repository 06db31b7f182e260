import type { QueueOutcome } from '../../contract/calls.ts';
import type { RingAttempt } from './attempts.ts';
import type { Step } from './leg-steps.ts';
import type { LegView } from './leg-view.ts';
import type { Contact, Scene } from './scene.ts';
import { contains, type Span } from './spans.ts';
import { hangupSkewMs, legSpan, type Subject } from './subject.ts';

/** One stay in one queue; `to` is the answer, or the moment he left it. */
export interface QueueStay extends Span {
  queue: string;
  position: number | null;
  outcome: QueueOutcome | null;
  attempts: RingAttempt[];
}

/** The legs whose dialplan carries the caller: his own, and far ends of Local wires dialled for him. */
export function carriersOf(scene: Scene, root: LegView, subject: Subject): { leg: LegView; span: Span }[] {
  const own = subject.spans.map(({ leg, from, to }) => ({ leg, span: { from, to } }));
  const wires = scene
    .treeOf(root)
    .filter((leg) => leg.local?.half === 2 && leg.steps.some(({ app }) => app === 'Queue'))
    .map((leg) => ({ leg, span: legSpan(leg) }));
  const originated = root.local ? [{ leg: root, span: legSpan(root) }] : [];
  return [...own.filter(({ leg }) => leg !== root || !root.local), ...originated, ...wires];
}

export function queueStaysOf(
  carriers: readonly { leg: LegView; span: Span }[],
  contacts: readonly Contact[],
  attempts: readonly RingAttempt[],
  callEndMs: number,
): QueueStay[] {
  const stays: QueueStay[] = [];
  for (const { leg, span } of carriers) {
    leg.steps.forEach((step, i) => {
      if (step.app !== 'Queue') return;
      const next = leg.steps[i + 1];
      const inside = {
        from: Math.max(step.atMs, span.from),
        to: Math.min(next?.atMs ?? legSpan(leg).to, span.to),
      };
      // A queue that is full or empty is left in the millisecond it was entered.
      if (inside.to < inside.from) return;
      const answer = contacts.find((contact) => contains(inside, contact.from));
      const within = attempts.filter(
        (attempt) => dialledFrom(attempt, leg) && contains(inside, attempt.from),
      );
      const to = Math.min(answer?.from ?? inside.to, callEndMs);
      stays.push({
        queue: nameOf(step),
        from: inside.from,
        to: Math.max(inside.from, to),
        position: positionIn(leg, nameOf(step), inside),
        outcome: outcomeOf(leg, step, next, { to, answered: answer !== undefined, callEndMs }),
        attempts: within,
      });
    });
  }
  return stays.sort((a, b) => a.from - b.from);
}

const nameOf = (step: Step): string => step.appData.split(',', 1)[0] ?? '';

const dialledFrom = (attempt: RingAttempt, carrier: LegView): boolean =>
  attempt.dialler === carrier || (carrier.local !== null && attempt.leg.dial?.by === carrier.uniqueId);

const positionIn = (leg: LegView, queue: string, span: Span): number | null =>
  leg.queueJoins.find((join) => join.queue === queue && join.atMs >= span.from - 1_000 && join.atMs < span.to)
    ?.position ?? null;

function outcomeOf(
  leg: LegView,
  step: Step,
  next: Step | undefined,
  { to, answered, callEndMs }: { to: number; answered: boolean; callEndMs: number },
): QueueOutcome | null {
  if (answered) return 'answered';
  if (to === Number.POSITIVE_INFINITY) return null;
  if (!next || to >= callEndMs) {
    if (leg.end?.how === 'restarted') return 'pbx-restarted';
    return leg.end?.how === 'vanished' ? 'unknown' : 'abandoned';
  }
  if (next.context !== step.context || next.exten !== step.exten) {
    if (leg.transfers.length > 0) return 'transferred';
    return /^[0-9*#]$/.test(next.exten) ? 'left-by-key' : 'transferred';
  }
  const said = outcomeOfStatus[next.queueStatus ?? ''];
  if (said) return said;
  const [, , , , timeout] = step.appData.split(',');
  const timeoutMs = Number(timeout || Number.NaN) * 1_000;
  if (to - step.atMs >= timeoutMs - hangupSkewMs) return 'queue-timeout';
  if (leg.queueJoins.some((join) => join.queue === nameOf(step) && join.atMs >= step.atMs && join.atMs <= to))
    return 'queue-empty';
  return next.app === 'Queue' ? 'overflowed' : 'unknown';
}

/** Asterisk's QUEUESTATUS, where `channelvars` asks for it. */
const outcomeOfStatus: Record<string, QueueOutcome> = {
  TIMEOUT: 'queue-timeout',
  FULL: 'queue-full',
  JOINEMPTY: 'queue-empty',
  LEAVEEMPTY: 'queue-empty',
  JOINUNAVAIL: 'queue-empty',
  LEAVEUNAVAIL: 'queue-empty',
  WITHDRAW: 'transferred',
};
