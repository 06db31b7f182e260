import type { Phase } from '../../contract/calls.ts';
import type { Contact } from './scene.ts';
import { contains, merged, type Span } from './spans.ts';
import type { Subject } from './subject.ts';

/** A stretch of a call in one phase. A call is a row of them, without a gap. */
export interface Piece extends Span {
  phase: Exclude<Phase, 'ended'>;
  /** Which of the four durations it counts into. */
  counts: 'menu' | 'wait' | 'talk' | 'hold';
}
export interface Happenings {
  span: Span;
  subject: Subject;
  contacts: readonly Contact[];
  /** Waiting in a queue, until somebody's answer. */
  queued: readonly Span[];
  /** Phones ring. */
  ringing: readonly Span[];
  voicemail: readonly Span[];
}

/**
 * Moving a leg from one bridge to another (an optimised Local wire, a transfer) leaves it alone for milliseconds, and a
 * dialplan takes some between its steps. Shorter than this, it is no phase of its own.
 */
export const sliverMs = 500;
/** In larger conferences nobody's hold button silences the others: only the subject's own counts. */
const partnersHeldMax = 20;

export function piecesOf(happenings: Happenings): Piece[] {
  const { span, subject, contacts } = happenings;
  const talk = merged(contacts);
  const answeredMs = talk[0]?.from ?? Number.POSITIVE_INFINITY;
  const stays = subject.spans.flatMap(({ leg, from, to }) =>
    leg.stays.filter((stay) => stay.from < to && from < stay.to),
  );
  const partners = contacts.length > partnersHeldMax ? [] : contacts;
  const ownHolds = subject.spans.flatMap(({ leg }) => leg.holds);
  const phaseAt = (atMs: number): Rough['phase'] => {
    if (talk.some((one) => contains(one, atMs))) {
      const there = partners.filter((one) => contains(one, atMs));
      const held =
        ownHolds.some((one) => contains(one, atMs)) ||
        (there.length > 0 && there.every(({ leg }) => leg.holds.some((one) => contains(one, atMs))));
      return held ? 'on-hold' : 'talking';
    }
    const stay = stays.findLast((one) => contains(one, atMs));
    if (stay?.kind === 'holding') return 'parked';
    if (stay?.kind === 'ours') return 'talking';
    if (stay && atMs >= answeredMs) return 'alone';
    if (happenings.queued.some((one) => contains(one, atMs))) return 'queued';
    if (happenings.ringing.some((one) => contains(one, atMs))) return 'ringing';
    if (happenings.voicemail.some((one) => contains(one, atMs))) return 'voicemail';
    return stay ? 'queued' : 'menu';
  };
  const holds = [...ownHolds, ...partners.flatMap(({ leg }) => leg.holds)];
  const marks = [talk, stays, holds, happenings.queued, happenings.ringing, happenings.voicemail];
  const edges = edgesWithin(span, marks.flat());
  const rough = edges.slice(0, -1).map((from, i) => ({ from, to: edges[i + 1]!, phase: phaseAt(from) }));
  return withoutSlivers(joined(rough)).map(({ from, to, phase: kind }) => {
    // Whoever is left alone in a bridge, while his agent consults, hears music.
    const phase = kind === 'alone' ? 'on-hold' : kind;
    return { from, to, phase, counts: countsInto(phase, from >= answeredMs) };
  });
}

function edgesWithin(span: Span, spans: readonly Span[]): number[] {
  const edges = new Set([span.from, span.to]);
  for (const { from, to } of spans) {
    if (from > span.from && from < span.to) edges.add(from);
    if (to > span.from && to < span.to) edges.add(to);
  }
  return [...edges].sort((a, b) => a - b);
}

type Rough = Span & { phase: Piece['phase'] | 'alone' };
function joined(pieces: readonly Rough[]): Rough[] {
  const out: Rough[] = [];
  for (const piece of pieces) {
    const last = out.at(-1);
    if (last?.phase === piece.phase) last.to = piece.to;
    else out.push({ ...piece });
  }
  return out;
}

/** A sliver between two phases goes to the one before it, a leading one to the one after. */
function withoutSlivers(pieces: readonly Rough[]): Rough[] {
  const out: Rough[] = [];
  pieces.forEach((piece, i) => {
    const before = out.at(-1);
    const next = pieces[i + 1];
    const isSliver = (piece.phase === 'menu' || piece.phase === 'alone') && piece.to - piece.from < sliverMs;
    if (isSliver && before) before.to = piece.to;
    else if (isSliver && next) out.push({ ...piece, phase: next.phase });
    else out.push({ ...piece });
  });
  return joined(out);
}

function countsInto(phase: Piece['phase'], answered: boolean): Piece['counts'] {
  switch (phase) {
    case 'talking':
      return 'talk';
    case 'on-hold':
      return 'hold';
    case 'parked':
      return answered ? 'hold' : 'wait';
    case 'queued':
    case 'ringing':
      return 'wait';
    case 'menu':
    case 'voicemail':
      return 'menu';
    default:
      return phase satisfies never;
  }
}

/** Milliseconds of each of the four; of what lasts still, nothing yet. */
export function durationsOf(pieces: readonly Piece[]): Record<Piece['counts'], number> {
  const durations = { menu: 0, wait: 0, talk: 0, hold: 0 };
  for (const { from, to, counts } of pieces) {
    if (to !== Number.POSITIVE_INFINITY) durations[counts] += to - from;
  }
  return durations;
}
