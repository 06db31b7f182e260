import type { Call, Direction } from '../../contract/calls.ts';
import { attemptsOf, type RingAttempt } from './attempts.ts';
import { cleanText, textLimits } from './clean-text.ts';
import { dialsInVain } from './dials-in-vain.ts';
import { verdictOf } from './ending-of.ts';
import { isoTime } from './iso-time.ts';
import type { LegView } from './leg-view.ts';
import { dialledOf, partiesOf } from './parties.ts';
import { durationsOf, type Piece, piecesOf } from './pieces.ts';
import { carriersOf, type QueueStay, queueStaysOf } from './queue-stays.ts';
import { recordId } from './record-id.ts';
import { agentIdsOf, legRowsOf, queueVisitsOf, segmentsOf } from './record-rows.ts';
import type { Contact, Scene } from './scene.ts';
import { merged, type Span } from './spans.ts';
import { legSpan, type Subject } from './subject.ts';
import { talksOf } from './talks.ts';
import { isInside, type People, personOf, refOf } from './whose-leg.ts';

/** A call as folded: what is shown, and what the writer and the device index need beside it. */
export interface FoldedCall {
  call: Call;
  /** Everyone of ours who was rung or talked. */
  agentIds: string[];
  /** Distinct facts known of its family: a record folded from more replaces one from fewer, none a live one from a journal alone. */
  revision: number;
  root: LegView;
  subject: Subject;
  contacts: Contact[];
  legs: LegView[];
}
/** Whose stay it is, decided family-wide by `family-fold.ts`. */
export interface Stay {
  root: LegView;
  /** Whose number is the caller's: the root, but for an originate through a Local wire. */
  caller: LegView;
  direction: Direction;
  subject: Subject;
  /** The outside leg, on outbound calls. */
  customer: LegView | null;
}

/** A journal read again, after a restart, knows less than live events did, in more facts. */
const liveRevision = 1_000_000;

/** Applications in which a caller leaves a message. */
const messageApps = new Set(['VoiceMail', 'Record', 'MinivmRecord']);
const waitingApps = new Set(['AgentRequest']);

export function foldCall(scene: Scene, stay: Stay, people: People): FoldedCall {
  const { root, subject, direction } = stay;
  const contacts = contactsOf(scene, subject);
  const span = { from: root.createdAtMs, to: Math.max(root.createdAtMs, legSpan(subject.last).to) };
  const talked = new Set(contacts.map(({ leg }) => leg));
  if (direction === 'outbound' && contacts.length > 0) talked.add(subject.last);
  const attempts = attemptsOf(scene, root, talked);
  const queueStays = queueStaysOf(carriersOf(scene, root, subject), contacts, attempts, span.to);
  const inVain = dialsInVain(scene, subject, people);
  const pieces = piecesOf({ span, subject, contacts, ...waitsOf(stay, { contacts, attempts, queueStays }) });
  const verdict =
    span.to === Number.POSITIVE_INFINITY
      ? null
      : verdictOf(scene, stay, { contacts, attempts, pieces, people, inVain });
  const legs = legsOf(scene, root, contacts);
  const talks = talksOf(contacts);
  const person = (leg: LegView) => personOf(scene, leg, people);
  const segments = segmentsOf(talks, {
    subject,
    pieces,
    direction,
    span,
    verdict,
    legs: scene.legs.values(),
    person,
  });
  const queueVisits = queueVisitsOf(queueStays, person);
  const firstTalk = talks[0];
  const calledLeg =
    direction === 'outbound' ? (stay.customer ?? attempts[0]?.leg) : (firstTalk?.leg ?? attempts[0]?.leg);
  const calledPerson = calledLeg ? person(calledLeg) : null;
  const dialled = dialledOf(root);
  const durations = durationsOf(pieces);
  const rootPerson = person(stay.caller);
  const { end } = subject.last;
  const answeredMs = contacts[0]?.from;
  const decisive = attempts.findLast((attempt) => attempt.leg.end !== null)?.leg.end ?? null;
  const call: Call = {
    id: callIdOf(scene, root),
    pbx: scene.pbx,
    uniqueId: cleanText(root.uniqueId, textLimits.id),
    linkedId: cleanText(root.linkedId || root.uniqueId, textLimits.id),
    originalCallId: null,
    conversationId: null,
    direction,
    origin: queueStays.length > 0 ? 'queue' : 'direct',
    dialled,
    queue: queueVisits.at(-1)?.queue ?? null,
    state: verdict?.state ?? 'in-progress',
    phase: verdict ? 'ended' : (pieces.at(-1)?.phase ?? 'menu'),
    reason: verdict?.reason ?? null,
    endedBy: verdict?.endedBy ?? null,
    cause: end && end.how === 'seen' ? end.cause : null,
    sipCode: (answeredMs === undefined ? decisive?.sipCode : null) ?? end?.sipCode ?? null,
    startedAt: isoTime(span.from),
    answeredAt: answeredMs === undefined ? null : isoTime(answeredMs),
    endedAt: verdict ? isoTime(span.to) : null,
    lastSeenAt: end?.lastSeenAtMs == null ? null : isoTime(end.lastSeenAtMs),
    menuMs: durations.menu,
    waitMs: durations.wait,
    ringMs: ringMsOf(pieces, attempts),
    talkMs: durations.talk,
    holdMs: durations.hold,
    ...partiesOf({
      caller: stay.caller,
      callerPerson: rootPerson,
      unreached: inVain.find(({ inside }) => inside) ?? null,
      called: calledLeg
        ? { leg: calledLeg, person: calledPerson, inside: isInside(calledLeg, calledPerson) }
        : null,
      customer: stay.customer,
      direction,
      dialled,
    }),
    agent:
      segments.findLast(({ agent }) => agent !== null)?.agent ??
      (direction === 'outbound' ? refOf(rootPerson) : null),
    queueVisits,
    segments,
    legs: legRowsOf(legs, { root: stay.caller, customer: stay.customer, direction, person }),
    supervisions: [],
    marks: [],
  };
  return {
    call,
    agentIds: agentIdsOf(call, [
      ...attempts.map(({ leg }) => person(leg)),
      ...inVain.map((one) => one.person),
      rootPerson,
    ]),
    revision: scene.factCount + (end?.isLive ? liveRevision : 0),
    root,
    subject,
    contacts,
    legs,
  };
}

function callIdOf(scene: Scene, root: LegView): string {
  root.callId ??= recordId(root.createdAtMs, scene.pbx, root.uniqueId);
  return root.callId;
}

function contactsOf(scene: Scene, subject: Subject): Contact[] {
  const contacts = subject.spans.flatMap(({ leg, from, to }) => scene.contactsOf(leg, { from, to }));
  return contacts.sort((a, b) => a.from - b.from || (a.leg.uniqueId < b.leg.uniqueId ? -1 : 1));
}

function waitsOf(
  { subject, root }: Stay,
  known: { contacts: readonly Contact[]; attempts: readonly RingAttempt[]; queueStays: readonly QueueStay[] },
) {
  const { contacts, attempts, queueStays } = known;
  const inApps = (apps: ReadonlySet<string>): Span[] =>
    subject.spans.flatMap(({ leg, from, to }) =>
      leg.steps.flatMap((step, i) => {
        if (!apps.has(step.app)) return [];
        const span = {
          from: Math.max(from, step.atMs),
          to: Math.min(to, leg.steps[i + 1]?.atMs ?? legSpan(leg).to),
        };
        return span.from < span.to ? [span] : [];
      }),
    );
  const own =
    root.dial && root.dial.by === null
      ? [{ from: root.createdAtMs, to: root.upAtMs ?? legSpan(root).to }]
      : [];
  return {
    queued: [...queueStays, ...inApps(waitingApps).map((span) => untilAnswer(span, contacts))],
    ringing: [...own, ...attempts],
    voicemail: inApps(messageApps),
  };
}

const untilAnswer = (span: Span, contacts: readonly Contact[]): Span => ({
  from: span.from,
  to: Math.min(span.to, contacts.find(({ from }) => from >= span.from)?.from ?? span.to),
});

/** The part of the waiting in which a phone really rang: from its first sign of ringing. */
function ringMsOf(pieces: readonly Piece[], attempts: readonly RingAttempt[]): number {
  const waits = pieces.filter(({ counts }) => counts === 'wait');
  const rings = merged(
    attempts.flatMap(({ leg, from, to, rang, answered }) => {
      const start = rang ? Math.max(from, leg.ringingAtMs ?? from) : answered ? from : to;
      return start < to ? [{ from: start, to }] : [];
    }),
  );
  let sum = 0;
  for (const wait of waits) {
    for (const ring of rings) {
      const from = Math.max(wait.from, ring.from);
      const to = Math.min(wait.to, ring.to);
      if (from < to && to !== Number.POSITIVE_INFINITY) sum += to - from;
    }
  }
  return sum;
}

/** The legs of a record, so many at most: in a conference of hundreds the others stay in their own records. */
export const legsPerRecordMax = 200;
function legsOf(scene: Scene, root: LegView, contacts: readonly Contact[]): LegView[] {
  const legs = new Set([...scene.treeOf(root), ...contacts.map(({ leg }) => leg)]);
  return [...legs]
    .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.uniqueId < b.uniqueId ? -1 : 1))
    .slice(0, legsPerRecordMax);
}
