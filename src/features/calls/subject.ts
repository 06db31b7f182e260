import type { LegView } from './leg-view.ts';
import type { Scene } from './scene.ts';
import type { Span } from './spans.ts';

/** Whose stay a call is: the leg that stands for the caller or customer, and which one from when to when. */
export interface Subject {
  spans: (Span & { leg: LegView })[];
  /** The last of them: its end is the call's end. */
  last: LegView;
}

export const legSpan = (leg: LegView): Span => ({
  from: leg.createdAtMs,
  to: leg.end?.atMs ?? Number.POSITIVE_INFINITY,
});

/** Two people hanging up are this far apart at most; what lasts longer is a conversation of its own. */
export const hangupSkewMs = 500;

/** A customer or caller who dialled in: his own leg from first to last. */
export function wholeLeg(leg: LegView): Subject {
  return { spans: [{ leg, ...legSpan(leg) }], last: leg };
}

/**
 * One of ours calls outside: his leg until the customer is there, then the customer's, whoever talks with him. Should
 * he go on and dial another, the stay goes on with that one.
 */
export function throughCustomers(scene: Scene, root: LegView, outside: readonly LegView[]): Subject {
  const answered = outside
    .map((leg) => ({ leg, atMs: scene.contactsOf(leg, legSpan(leg))[0]?.from ?? Number.POSITIVE_INFINITY }))
    .filter(({ atMs }) => atMs < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.atMs - b.atMs);
  const spans: Subject['spans'] = [];
  let at = root.createdAtMs;
  for (const { leg, atMs } of answered) {
    if (atMs < at) continue;
    spans.push({ leg: root, from: at, to: atMs });
    at = legSpan(leg).to;
    spans.push({ leg, from: atMs, to: at });
  }
  if (spans.length === 0) return wholeLeg(root);
  return { spans: spans.filter((span) => span.from < span.to), last: answered.at(-1)!.leg };
}

/**
 * An internal caller: his own leg. If he leaves and the one he called talks on or is sent on (a transfer), the stay goes
 * on with that one, unless he has become part of another call (`taken`).
 */
export function throughTransfers(scene: Scene, root: LegView, taken: (leg: LegView) => boolean): Subject {
  const subject = wholeLeg(root);
  const endMs = root.end?.atMs;
  if (endMs === undefined) return subject;
  const tree = new Set(scene.treeOf(root));
  const partner = scene
    .contactsOf(root, legSpan(root))
    .filter(({ leg }) => tree.has(leg) && legSpan(leg).to > endMs + hangupSkewMs)
    .at(-1)?.leg;
  if (!partner || taken(partner)) return subject;
  const after = scene.contactsOf(partner, { from: endMs, to: legSpan(partner).to });
  if (after.some(({ leg }) => taken(leg))) return subject;
  subject.spans.push({ leg: partner, from: endMs, to: legSpan(partner).to });
  subject.last = partner;
  return subject;
}
