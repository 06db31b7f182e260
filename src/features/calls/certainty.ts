import type { Stay } from './call-fold.ts';
import type { Verdict } from './hangup-reason.ts';
import type { LegView } from './leg-view.ts';
import type { Contact, Scene } from './scene.ts';
import { hangupSkewMs } from './subject.ts';

/** Said by the end of his leg alone, whatever came before. */
const alwaysCertain: ReadonlySet<Verdict['reason']> = new Set(['pbx-restarted', 'voicemail', 'unknown']);
/** Ends of a conversation. */
const endsOfTalk: ReadonlySet<Verdict['reason']> = new Set([
  'customer-hung-up',
  'agent-hung-up',
  'supervisor-hung-up',
  'media-failure',
]);
/** He gave up waiting, whatever came before. */
const endsOfWaiting: ReadonlySet<Verdict['reason']> = new Set(['abandoned-in-queue', 'abandoned-ringing']);

/** What the verdict was made from. */
interface Evidence {
  stay: Stay;
  contacts: readonly Contact[];
  /** Whom he talked with last were all outside. */
  partnerOutside: boolean;
}

/**
 * The verdict if it cannot be otherwise, else `unknown`: a call of which a part was neither heard nor is in a journal
 * keeps only what that part could not have changed.
 */
export function certain(verdict: Verdict, scene: Scene, evidence: Evidence): Verdict {
  if (alwaysCertain.has(verdict.reason)) return verdict;
  const { root, subject } = evidence.stay;
  const partners = evidence.contacts.map(({ leg }) => leg);
  const around = [root, ...subject.spans.map(({ leg }) => leg), ...scene.treeOf(root), ...partners];
  if (around.every(({ unseen }) => unseen.length === 0)) return verdict;
  if (endsOfTalk.has(verdict.reason) && isPlainTalk(evidence)) return verdict;
  const own = [root, subject.last];
  if (endsOfWaiting.has(verdict.reason) && own.every(wasFoundWaiting)) return verdict;
  if (verdict.reason === 'abandoned-in-menu' && own.every(wasFoundAsLeft)) return verdict;
  const state = verdict.state === 'answered' ? 'answered' : 'failed';
  return { reason: 'unknown', endedBy: 'unknown', state };
}

const wasFoundAsLeft = (leg: LegView): boolean => leg.beganSeen && leg.unseen.every(({ isSame }) => isSame);

/** Since he was last found he was in no bridge, and all of it was heard. */
function wasFoundWaiting({ unseen, stays, end }: LegView): boolean {
  if (unseen.length === 0) return true;
  const foundMs = unseen.at(-1)!.to;
  return end !== null && end.how === 'seen' && foundMs <= end.atMs && !stays.some(({ to }) => to > foundMs);
}

/** A customer who called and one of ours, both there to the end. */
function isPlainTalk({ stay, contacts, partnerOutside }: Evidence): boolean {
  const lastMs = contacts.reduce((max, { to }) => Math.max(max, to), 0);
  const atEnd = contacts.filter(({ to }) => to >= lastMs - hangupSkewMs);
  return (
    stay.direction === 'inbound' &&
    !partnerOutside &&
    stay.root.local === null &&
    atEnd.every(({ leg }) => leg.end?.how !== 'vanished')
  );
}
