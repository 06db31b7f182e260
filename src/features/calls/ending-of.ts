import type { RingAttempt } from './attempts.ts';
import type { Stay } from './call-fold.ts';
import { certain } from './certainty.ts';
import type { DialInVain } from './dials-in-vain.ts';
import { type Ending, hangupReason, type Verdict } from './hangup-reason.ts';
import type { LegView } from './leg-view.ts';
import type { Piece } from './pieces.ts';
import type { Contact, Scene } from './scene.ts';
import { hangupSkewMs, legSpan } from './subject.ts';
import { transferSkewMs } from './talks.ts';
import { isInside, type People, personOf } from './whose-leg.ts';

interface Known {
  contacts: readonly Contact[];
  attempts: readonly RingAttempt[];
  pieces: readonly Piece[];
  people: People;
  inVain: readonly DialInVain[];
}
/** Gathers what the table of reasons asks for, and asks it. */
export function verdictOf(scene: Scene, stay: Stay, known: Known): Verdict {
  const { root, subject, direction } = stay;
  const { contacts, attempts, pieces, people, inVain } = known;
  const { last } = subject;
  const { end } = last;
  const latest = contacts.reduce<Contact | null>((a, b) => (a && a.to > b.to ? a : b), null);
  const partnerOutside = direction === 'inbound' && onlyOutside(scene, contacts, latest?.to ?? 0, people);
  const lastRing = lastRingOf(attempts, contacts);
  const lastStep = last.steps.at(-1);
  const verdict = hangupReason({
    direction,
    how: end?.how ?? 'vanished',
    by: transferredAway(scene, last) ? 'subject' : whoHungUp(scene, last, latest),
    subjectIsCallee: direction === 'internal' && last !== root,
    answered: contacts.length > 0,
    phase: pieces.at(-1)?.phase ?? 'menu',
    partnerOutside,
    lastAttempts: lastRing.flatMap(({ outcome }) => outcome ?? []),
    causes: [
      end?.cause ?? 0,
      ...(latest?.leg.end ? [latest.leg.end.cause] : []),
      ...lastRing.map(({ leg }) => leg.end?.cause ?? 0),
    ],
    lastApp: lastStep?.app ?? '',
    wentNowhere:
      lastStep !== undefined && jumps.has(lastStep.app) && legSpan(last).to - lastStep.atMs <= jumpMaxMs,
    nobodyThere: inVain.some(({ inside, atMs }) => inside && attempts.every(({ from }) => from < atMs)),
  });
  return certain(verdict, scene, { stay, contacts, partnerOutside });
}

/**
 * Those he talked with at last were outside, dialled or joined to him by a transfer. Another caller in a conference is
 * nobody's forward, nor is an agent who signed in by a line from outside.
 */
function onlyOutside(scene: Scene, contacts: readonly Contact[], lastMs: number, people: People): boolean {
  const latest = contacts.filter(({ to }) => to >= lastMs - hangupSkewMs);
  return (
    latest.some(({ leg, stay }) => leg.dial !== null || (stay.kind === 'mixing' && !isPost(leg))) &&
    latest.every(({ leg }) => !isInside(leg, personOf(scene, leg, people)))
  );
}

const isPost = ({ steps }: LegView): boolean => steps.some(({ app }) => app === 'AgentLogin');

/** He left by joining two others: that is his own doing, whoever's hangup the PBX names. */
function transferredAway(scene: Scene, leg: LegView): boolean {
  const endMs = legSpan(leg).to;
  for (const { transfers } of scene.legs.values())
    for (const { atMs, by } of transfers)
      if (by.includes(leg.uniqueId) && Math.abs(atMs - endMs) <= transferSkewMs) return true;
  return false;
}

/** A leg that ends right after a jump was sent to an extension that does not exist. */
const jumps = new Set(['Goto', 'GotoIf', 'GotoIfTime', 'ExecIf']);
const jumpMaxMs = 100;

/** The devices that rang together at last, after the last conversation. */
function lastRingOf(attempts: readonly RingAttempt[], contacts: readonly Contact[]): RingAttempt[] {
  const talkedUntil = contacts.reduce((max, { to }) => Math.max(max, to), 0);
  const after = attempts.filter(({ from, answered }) => !answered && from >= talkedUntil - hangupSkewMs);
  const lastFrom = after.reduce((max, { from }) => Math.max(max, from), 0);
  return after.filter(({ to }) => to >= lastFrom);
}

/** The side that hung up: by the hangup source where the PBX tells it, else by who left the last bridge first. */
function whoHungUp(scene: Scene, last: LegView, latest: Contact | null): Ending['by'] {
  const source = last.end?.hangupSource ?? '';
  if (last.stays.at(-1)?.kind === 'ours') return whoEndedTakeover(scene, last, latest);
  if (source !== '') {
    if (last.names.includes(source)) return 'subject';
    return source.startsWith('dialplan') ? 'dialplan' : 'partner';
  }
  const inTalk = latest !== null && legSpan(last).to - latest.to <= hangupSkewMs;
  const partner = inTalk ? latest.leg.end?.hangupSource : '';
  if (inTalk && partner) return latest.leg.names.includes(partner) ? 'partner' : 'subject';
  if (last.end?.sourceKnown) return 'dialplan';
  if (inTalk) return leftFirst(scene, last, latest) ? 'subject' : 'partner';
  return dialplanEnds.has(last.steps.at(-1)?.app ?? '') ? 'dialplan' : 'unknown';
}
/** A supervisor had taken the call over. A source that names somebody else is of the time before. */
function whoEndedTakeover(scene: Scene, last: LegView, latest: Contact | null): Ending['by'] {
  if (last.end && last.names.includes(last.end.hangupSource)) return 'subject';
  const isTold = last.end?.sourceKnown === true || latest === null;
  return !isTold && leftFirst(scene, last, latest) ? 'subject' : 'supervisor';
}

const dialplanEnds = new Set(['Hangup', 'Busy', 'Congestion']);

function leftFirst(scene: Scene, last: LegView, { leg, stay }: Contact): boolean {
  const other = scene.membersOf(stay.bridgeId).find((member) => member.leg === leg)?.stay;
  const own = last.stays.findLast(({ bridgeId }) => bridgeId === stay.bridgeId);
  if (!other || !own) return legSpan(last).to <= legSpan(leg).to;
  return own.to !== other.to ? own.to < other.to : own.leftOrder < other.leftOrder;
}
