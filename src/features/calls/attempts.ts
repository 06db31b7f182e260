import type { AttemptOutcome } from '../../contract/calls.ts';
import type { LegView } from './leg-view.ts';
import type { Scene } from './scene.ts';
import type { Span } from './spans.ts';
import { hangupSkewMs, legSpan } from './subject.ts';

/** One ringing of one device on behalf of a call. */
export interface RingAttempt extends Span {
  /** The real device's leg; the Local wire's when nothing was dialled behind it. */
  leg: LegView;
  /** The leg whose dialplan dialled, before any Local wire. */
  dialler: LegView;
  /** Its phone rang (a far end said so). */
  rang: boolean;
  answered: boolean;
  outcome: AttemptOutcome | null;
}

/** How long after somebody's answer the other phones stop ringing, at most. */
const answeredElsewhereMs = 1_500;

/** Every device rung for a call: `tree` is its root's, `talked` tells who was really heard together with the subject. */
export function attemptsOf(scene: Scene, root: LegView, talked: ReadonlySet<LegView>): RingAttempt[] {
  const found: RingAttempt[] = [];
  for (const leg of scene.treeOf(root)) {
    if (leg === root || leg.local?.half === 2) continue;
    if (leg.local && hasRealLegs(scene, leg)) continue;
    const { dialler, atMs } = firstDiallerOf(scene, leg);
    const line = leg.local ? lineBehind(scene, leg, talked) : null;
    const answered = line !== null || talked.has(leg);
    const from = answered && answeredUnheard(leg) ? (leg.upAtMs ?? atMs) : (leg.dial?.atMs ?? atMs);
    found.push({
      leg: line ?? leg,
      dialler,
      from,
      to: Math.max(from, answered ? (leg.upAtMs ?? from) : (leg.dial?.endedAtMs ?? legSpan(leg).to)),
      rang: leg.ringingAtMs !== null,
      answered,
      outcome: null,
    });
  }
  found.sort((a, b) => a.from - b.from || (a.leg.uniqueId < b.leg.uniqueId ? -1 : 1));
  const answers = found.filter(({ answered }) => answered).map(({ to }) => to);
  for (const attempt of found) attempt.outcome = outcomeOf(attempt, answers, root);
  return found;
}

/** It was found talking already (a resync): how long it rang nobody heard, so nothing of that time counts as ringing. */
const answeredUnheard = (leg: LegView): boolean =>
  leg.dial === null && leg.madeFor === '' && leg.ringingAtMs === null && leg.isOutgoing;

const hasRealLegs = (scene: Scene, wire: LegView): boolean =>
  scene.treeOf(wire).some((leg) => !leg.local && leg !== wire);

/** The line an agent keeps open (AgentLogin), when the wire led there: nobody dialled it, and it talked. */
function lineBehind(scene: Scene, wire: LegView, talked: ReadonlySet<LegView>): LegView | null {
  const far = scene.treeOf(wire).filter((leg) => leg.local?.half === 2);
  const contacts = far.flatMap((leg) => scene.contactsOf(leg, legSpan(leg)));
  return contacts.find(({ leg }) => talked.has(leg))?.leg ?? null;
}

/** Up through the Local wires to the leg that is somebody's. */
function firstDiallerOf(scene: Scene, leg: LegView): { dialler: LegView; atMs: number } {
  let dialler = scene.parentOf(leg) ?? leg;
  let below = leg;
  for (let depth = 0; depth < 20 && dialler.local; depth++) {
    const above = scene.parentOf(dialler);
    if (!above) break;
    if (dialler.local.half === 1) below = dialler;
    dialler = above;
  }
  return { dialler, atMs: below.dial?.atMs ?? below.createdAtMs };
}

function outcomeOf(attempt: RingAttempt, answers: readonly number[], root: LegView): AttemptOutcome | null {
  const { leg } = attempt;
  if (attempt.answered) return 'answered';
  const over = leg.end !== null || (leg.dial?.endedAtMs != null && leg.dial.status !== 'ANSWER');
  if (!over) return null;
  if (leg.end?.how === 'vanished' || leg.end?.how === 'restarted') return 'unknown';
  if (leg.end?.cause === 26) return 'answered-elsewhere';
  if (leg.dial?.forward) return 'forwarded';
  const endedMs = legSpan(leg).to === Number.POSITIVE_INFINITY ? attempt.to : legSpan(leg).to;
  const refused = refusalOf(leg, attempt.rang);
  if (refused) return refused;
  if (answers.some((atMs) => endedMs >= atMs - hangupSkewMs && endedMs <= atMs + answeredElsewhereMs))
    return 'answered-elsewhere';
  const gaveUp = root.end !== null && Math.abs(root.end.atMs - endedMs) <= hangupSkewMs;
  if (leg.dial?.status === 'NOANSWER') return 'no-answer';
  if (gaveUp || leg.dial?.status === 'CANCEL') return gaveUp ? 'caller-gave-up' : 'no-answer';
  return leg.dial?.status === 'CHANUNAVAIL' ? 'unreachable' : 'no-answer';
}

/** What the far end itself said: Q.850 cause and SIP code first, Asterisk's words for the dial after. */
function refusalOf(leg: LegView, rang: boolean): AttemptOutcome | null {
  const cause = leg.end?.cause ?? 0;
  const sipCode = leg.end?.sipCode ?? null;
  // A journal does not tell whether a phone rang before it gave up by itself, or was not there at all (SIP 480).
  if (cause === 19 && !rang && leg.end?.isLive === false) return 'unknown';
  if (cause === 17 || sipCode === 486 || sipCode === 600) return 'busy';
  if (cause === 21 || sipCode === 603 || sipCode === 403) return 'rejected';
  if (unreachableCauses.has(cause)) return 'unreachable';
  if (congestionCauses.has(cause)) return 'congestion';
  if (!rang && (cause === 18 || sipCode === 408 || sipCode === 480)) return 'unreachable';
  switch (leg.dial?.status) {
    case 'BUSY':
      return 'busy';
    case 'CONGESTION':
      return 'congestion';
    case 'CHANUNAVAIL':
      return 'unreachable';
    default:
      return null;
  }
}

/** No route, out of order, subscriber absent. */
const unreachableCauses = new Set([3, 20, 27]);
/** No circuit, failures of the network, number or media. */
const congestionCauses = new Set([
  1, 2, 22, 28, 34, 38, 41, 42, 44, 47, 50, 57, 58, 65, 69, 79, 88, 102, 111, 127,
]);
