import type { EndedBy, SegmentEnd } from '../../contract/calls.ts';
import type { Verdict } from './hangup-reason.ts';
import type { LegView, Transfer } from './leg-view.ts';
import type { Piece } from './pieces.ts';
import { sliverMs } from './pieces.ts';
import type { Contact } from './scene.ts';
import { common, contains, merged, type Span } from './spans.ts';
import { hangupSkewMs, type Subject } from './subject.ts';

/** One person's part of a call: becomes a segment. */
export interface Talk extends Span {
  leg: LegView;
}

/** A transfer is told within this time of the conversation it ends. */
export const transferSkewMs = 3_000;

/** Conversations with each partner; a change of bridge in between is none. */
export function talksOf(contacts: readonly Contact[]): Talk[] {
  const byLeg = new Map<LegView, Span[]>();
  for (const { leg, from, to } of contacts) {
    const spans = byLeg.get(leg);
    if (spans) spans.push({ from, to });
    else byLeg.set(leg, [{ from, to }]);
  }
  const talks = [...byLeg].flatMap(([leg, spans]) =>
    merged(spans, sliverMs).map((span) => ({ leg, ...span })),
  );
  return talks.sort((a, b) => a.from - b.from || (a.leg.uniqueId < b.leg.uniqueId ? -1 : 1));
}

/** Talk and hold within one conversation; nothing yet of what lasts. */
export function talkDurations(talk: Talk, pieces: readonly Piece[]): { talkMs: number; holdMs: number } {
  let holdMs = 0;
  let talkMs = 0;
  for (const piece of pieces) {
    const inside = common(talk, piece);
    if (!inside || inside.to === Number.POSITIVE_INFINITY) continue;
    if (piece.phase === 'on-hold') holdMs += inside.to - inside.from;
    else talkMs += inside.to - inside.from;
  }
  return { talkMs, holdMs };
}

/** Why a conversation ended, `null` while it lasts. `verdict` is the call's own, which holds for its last conversation. */
export function talkEnd(
  talk: Talk,
  talks: readonly Talk[],
  subject: Subject,
  scenery: { callEndMs: number; verdict: Verdict | null; isInternal: boolean; legs: Iterable<LegView> },
): SegmentEnd | null {
  if (talk.to === Number.POSITIVE_INFINITY) return null;
  const transferred = [...scenery.legs].some((leg) =>
    leg.transfers.some((one) => endedBy(one, talk, subject, talks)),
  );
  if (transferred) return 'transferred';
  if (talk.to >= scenery.callEndMs - hangupSkewMs) return ofVerdict(scenery.verdict);
  const next = subject.spans
    .flatMap(({ leg }) => leg.stays)
    .filter(({ from }) => from >= talk.to - hangupSkewMs && from <= talk.to + hangupSkewMs)
    .toSorted((a, b) => Math.abs(a.from - talk.to) - Math.abs(b.from - talk.to))[0];
  if (next?.kind === 'holding') return 'parked';
  if (next?.kind === 'ours') return 'intercepted';
  // The supervisor who had taken it over handed it on.
  if (talk.leg.isOwn) return 'transferred';
  const { end } = talk.leg;
  if (end?.how === 'restarted') return 'pbx-restarted';
  if (end?.how === 'seen' && Math.abs(end.atMs - talk.to) <= hangupSkewMs)
    return scenery.isInternal ? 'callee-hung-up' : 'agent-hung-up';
  return 'unknown';
}

/**
 * A transfer ends the last conversation its transferer had before it, however long he consulted in between; or, when the
 * subject himself transfers, the one he was in.
 */
function endedBy({ atMs, by }: Transfer, talk: Talk, subject: Subject, talks: readonly Talk[]): boolean {
  if (by.includes(talk.leg.uniqueId))
    return talks.findLast(({ leg, from }) => leg === talk.leg && from <= atMs) === talk;
  const self = subject.spans.find((span) => contains(span, talk.from))?.leg;
  return self !== undefined && by.includes(self.uniqueId) && Math.abs(atMs - talk.to) <= transferSkewMs;
}

function ofVerdict(verdict: Verdict | null): SegmentEnd {
  switch (verdict?.reason) {
    case 'customer-hung-up':
    case 'agent-hung-up':
    case 'supervisor-hung-up':
    case 'caller-hung-up':
    case 'callee-hung-up':
    case 'pbx-restarted':
      return verdict.reason;
    case 'forwarded-outside':
      return outsideEnds[verdict.endedBy] ?? 'unknown';
    default:
      return 'unknown';
  }
}

/** Of a conversation with somebody outside, by who ended it. */
const outsideEnds: Partial<Record<EndedBy, SegmentEnd>> = {
  customer: 'customer-hung-up',
  callee: 'callee-hung-up',
  supervisor: 'supervisor-hung-up',
};
