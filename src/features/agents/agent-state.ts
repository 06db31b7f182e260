import type { AgentState } from '../../contract/agents.ts';
import type { DeviceLeg } from '../../ports/domain.ts';

/** Everything the state of one agent is decided from, as it is now. */
export interface AgentFacts {
  /** Legs of his devices. Legs of ours are none: who listens to a colleague is supervising, not on a call. */
  legs: readonly Pick<DeviceLeg, 'state' | 'sinceMs'>[];
  /** The queues he is a member of. */
  memberships: readonly { paused: boolean; pauseReason: string | null }[];
  /** The PBX said that he is in wrap-up (AMI only; false when not known). */
  wrappingUp: boolean;
  doNotDisturb: boolean;
  /** One of his devices can be rung, as far as the PBX tells. */
  reachable: boolean;
  /** He is signed in: on the panel, on the agent page, or by AgentLogin. */
  signedIn: boolean;
}

export interface StateNow {
  state: AgentState;
  sinceMs: number;
  /** Null when he is not paused, and when the PBX does not tell the reason. */
  pauseReason: string | null;
}

/**
 * The state of an agent. It began at `changedAtMs` when it is another than `before`, or when his call says so;
 * facts that leave the state as it is leave its beginning too.
 */
export function agentState(facts: AgentFacts, before: StateNow | null, changedAtMs: number): StateNow {
  const state = stateOf(facts);
  const pauseReason = state === 'paused' ? pauseReasonOf(facts) : null;
  if (before?.state === state) return { state, sinceMs: before.sinceMs, pauseReason };
  return { state, sinceMs: legsSince(state, facts) ?? changedAtMs, pauseReason };
}

function stateOf(facts: AgentFacts): AgentState {
  if (hasLeg(facts, 'talking')) return 'on-call';
  if (hasLeg(facts, 'on-hold')) return 'on-hold';
  if (hasLeg(facts, 'ringing')) return 'ringing';
  if (facts.wrappingUp) return 'wrap-up';
  if (!facts.reachable) return 'offline';
  if (facts.memberships.length === 0 && !facts.signedIn) return 'offline';
  if (facts.doNotDisturb || pausedEverywhere(facts)) return 'paused';
  return 'available';
}

const hasLeg = ({ legs }: AgentFacts, state: DeviceLeg['state']): boolean =>
  legs.some((leg) => leg.state === state);

/** Paused in one queue and free in another is free: calls still reach him. */
const pausedEverywhere = ({ memberships }: AgentFacts): boolean =>
  memberships.length > 0 && memberships.every((membership) => membership.paused);

function pauseReasonOf({ memberships }: AgentFacts): string | null {
  return memberships.find((membership) => membership.paused && membership.pauseReason)?.pauseReason ?? null;
}

const legStateOf: Partial<Record<AgentState, DeviceLeg['state']>> = {
  'on-call': 'talking',
  'on-hold': 'on-hold',
  ringing: 'ringing',
};

function legsSince(state: AgentState, { legs }: AgentFacts): number | null {
  const times = legs.filter((leg) => leg.state === legStateOf[state]).map((leg) => leg.sinceMs);
  return times.length > 0 ? Math.min(...times) : null;
}
