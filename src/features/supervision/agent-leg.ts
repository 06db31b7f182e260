import type { ErrorCode } from '../../contract/errors.ts';
import type { AudioMode } from '../../contract/supervisions.ts';
import type { DeviceLeg } from '../../ports/domain.ts';

export type AgentLegChoice = { leg: DeviceLeg } | { refused: ErrorCode };

/**
 * The leg to snoop, out of all legs of the agent's devices now. Speaking to him needs certainty: a whisper set on the
 * wrong one of two calls would reach another customer's call.
 * `callId` asks for that call and no other.
 */
export function chooseAgentLeg(legs: readonly DeviceLeg[], mode: AudioMode, callId?: string): AgentLegChoice {
  const up = legs.filter((leg) => leg.state !== 'ringing');
  const asked = callId === undefined ? up : up.filter((leg) => leg.callId === callId);
  const leg = asked.toSorted(byLikelihood)[0];
  if (!leg)
    return { refused: callId === undefined || up.length === 0 ? 'agent-not-on-call' : 'call-not-agents' };
  const refused = mode === 'listen' ? null : whyNotSpeak(leg, up);
  return refused ? { refused } : { leg };
}

/** Why nobody may speak on this leg of the agent's (null: nothing against it). */
export function whyNotSpeak(leg: DeviceLeg, legs: readonly DeviceLeg[]): ErrorCode | null {
  const talking = legs.filter((one) => one.state === 'talking');
  if (talking.length > 1) return 'agent-has-two-calls';
  if (!leg.certain) return 'agent-leg-uncertain';
  return null;
}

/** Talking before on hold, then the one that began last. */
function byLikelihood(a: DeviceLeg, b: DeviceLeg): number {
  const rank = (leg: DeviceLeg) => (leg.state === 'talking' ? 0 : 1);
  return rank(a) - rank(b) || b.sinceMs - a.sinceMs;
}
