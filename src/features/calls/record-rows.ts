import type { Call, Direction, Leg, QueueVisit, Segment } from '../../contract/calls.ts';
import type { Person } from '../../ports/domain.ts';
import type { RingAttempt } from './attempts.ts';
import { cleanText, textLimits } from './clean-text.ts';
import type { Verdict } from './hangup-reason.ts';
import { isoTime, isoTimeOrNull } from './iso-time.ts';
import type { LegView } from './leg-view.ts';
import type { Piece } from './pieces.ts';
import type { QueueStay } from './queue-stays.ts';
import { overlaps, type Span } from './spans.ts';
import type { Subject } from './subject.ts';
import { type Talk, talkDurations, talkEnd } from './talks.ts';
import { refOf } from './whose-leg.ts';

type PersonOf = (leg: LegView) => Person | null;

/** Bounds of one record: a caller who is rung about for a day must not make a row of megabytes. */
export const rowLimits = { segments: 500, queueVisits: 200, attempts: 500 } as const;

const device = (leg: LegView): string => cleanText(leg.device || leg.channel, textLimits.channel);

export function segmentsOf(
  talks: readonly Talk[],
  scenery: {
    subject: Subject;
    pieces: readonly Piece[];
    direction: Direction;
    span: Span;
    verdict: Verdict | null;
    legs: Iterable<LegView>;
    person: PersonOf;
  },
): Segment[] {
  const legs = [...scenery.legs];
  return talks.slice(0, rowLimits.segments).map((talk) => ({
    agent: refOf(scenery.person(talk.leg)),
    device: device(talk.leg),
    from: isoTime(talk.from),
    to: isoTimeOrNull(talk.to),
    ...talkDurations(talk, scenery.pieces),
    endedBecause: talkEnd(talk, talks, scenery.subject, {
      callEndMs: scenery.span.to,
      verdict: scenery.verdict,
      isInternal: scenery.direction === 'internal',
      legs,
    }),
  }));
}

export function queueVisitsOf(stays: readonly QueueStay[], person: PersonOf): QueueVisit[] {
  return stays.slice(0, rowLimits.queueVisits).map((stay) => ({
    queue: cleanText(stay.queue, textLimits.queue),
    from: isoTime(stay.from),
    to: isoTimeOrNull(stay.to),
    position: stay.position,
    outcome: stay.outcome,
    attempts: oneForEachDevice(stay.attempts)
      .slice(0, rowLimits.attempts)
      .map((attempt) => ({
        agent: refOf(person(attempt.leg)),
        device: device(attempt.leg),
        from: isoTime(attempt.from),
        to: isoTimeOrNull(attempt.to),
        outcome: attempt.outcome,
      })),
  }));
}

/** Several contacts of one device ring as one: the answered one stands for all. */
function oneForEachDevice(attempts: readonly RingAttempt[]): RingAttempt[] {
  const out: RingAttempt[] = [];
  for (const attempt of attempts) {
    const at = out.findIndex((one) => one.leg.device === attempt.leg.device && overlaps(one, attempt));
    if (at < 0) out.push(attempt);
    else if (attempt.answered) out[at] = attempt;
  }
  return out;
}

export function legRowsOf(
  legs: readonly LegView[],
  {
    root,
    customer,
    direction,
    person,
  }: { root: LegView; customer: LegView | null; direction: Direction; person: PersonOf },
): Leg[] {
  return legs.map((leg) => ({
    uniqueId: cleanText(leg.uniqueId, textLimits.id),
    channel: cleanText(leg.channel, textLimits.channel),
    device: device(leg),
    agent: refOf(person(leg)),
    role: roleOf(leg, { root, customer, direction, person }),
    startedAt: isoTime(leg.createdAtMs),
    answeredAt: isoTimeOrNull(leg.upAtMs),
    endedAt: isoTimeOrNull(leg.end?.atMs),
    cause: leg.end?.how === 'seen' ? leg.end.cause : null,
    sipCode: leg.end?.sipCode ?? null,
  }));
}

function roleOf(
  leg: LegView,
  {
    root,
    customer,
    direction,
    person,
  }: { root: LegView; customer: LegView | null; direction: Direction; person: PersonOf },
): Leg['role'] {
  if (leg.local) return 'local';
  switch (direction) {
    case 'inbound':
      if (leg === root) return 'customer';
      return person(leg) ? 'agent' : 'callee';
    case 'outbound':
      if (leg === customer) return 'customer';
      if (leg === root) return person(leg) ? 'agent' : 'caller';
      return person(leg) ? 'agent' : 'callee';
    case 'internal':
      return leg === root ? 'caller' : 'callee';
    default:
      return direction satisfies never;
  }
}

/** Everyone of ours who took part: those rung or wanted, and those who talked. */
export function agentIdsOf(call: Call, wanted: readonly (Person | null)[]): string[] {
  const ids = new Set<string>();
  for (const person of wanted) if (person) ids.add(person.id);
  for (const { agent } of call.segments) if (agent) ids.add(agent.id);
  return [...ids].sort();
}
