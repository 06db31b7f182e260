import type { ErrorCode } from '../../contract/errors.ts';
import type { AudioMode } from '../../contract/supervisions.ts';
import type { DeviceLeg } from '../../ports/domain.ts';
import { whyNotSpeak } from './agent-leg.ts';

/** A leg of the agent's, and why nobody may hear it (null: one may). */
export interface FollowedLeg extends DeviceLeg {
  protectedBy: ErrorCode | null;
}

/** Which of the agent's legs are listened to now. */
export interface LegChoice {
  /** Up, and heard. */
  heard: DeviceLeg | null;
  /** Phones that ring: listening is set on them, so that no word is lost. */
  ringing: readonly DeviceLeg[];
  /** They may be with the supervisor before the answer: nothing else is heard, and who speaks reaches the right one. */
  joinsRinging: boolean;
  /** Why the call he is in is not heard; null when it is, or there is none. */
  unheard: ErrorCode | null;
}

/** Legs of one agent on which listening is set at once while they ring. */
export const ringingLegsMax = 4;

/**
 * Only ever the person's own legs, never who talks with him. The one heard stays as long as it talks; a protected call
 * that he is in silences all else, since his phone may mix its calls.
 */
export function chooseLegs(
  legs: readonly FollowedLeg[],
  mode: AudioMode,
  currentUniqueId: string | null,
): LegChoice {
  const up = legs.filter(({ state }) => state !== 'ringing');
  const best = up.toSorted((a, b) => byLikelihood(a, b, currentUniqueId))[0];
  const refused = best ? whyUnheard(best, up, mode) : null;
  const heard = best && refused === null ? best : null;
  // Phones that ring for the call he has answered on another one stop in a moment.
  const ringing = legs
    .filter((leg) => leg.state === 'ringing' && leg.protectedBy === null && leg.callId !== best?.callId)
    .slice(0, ringingLegsMax);
  const joinsRinging = !best && (mode === 'listen' || ringing.every(({ certain }) => certain));
  return { heard, ringing, joinsRinging, unheard: refused };
}

function whyUnheard(best: FollowedLeg, up: readonly FollowedLeg[], mode: AudioMode): ErrorCode | null {
  const silencing = up.find((leg) => leg.state === 'talking' && leg.protectedBy !== null);
  return silencing?.protectedBy ?? best.protectedBy ?? (mode === 'listen' ? null : whyNotSpeak(best, up));
}

/** Talking before on hold, the one heard already before others, then the one that began last. */
function byLikelihood(a: DeviceLeg, b: DeviceLeg, currentUniqueId: string | null): number {
  const rank = (leg: DeviceLeg) =>
    (leg.state === 'talking' ? 0 : 2) + (leg.uniqueId === currentUniqueId ? 0 : 1);
  return rank(a) - rank(b) || b.sinceMs - a.sinceMs;
}
