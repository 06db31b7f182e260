import { type AgentAction, agentActions } from './agents.ts';
import type { ErrorCode } from './errors.ts';
import type { Permission } from './permissions.ts';

/** The viewer and the agent, as far as the rule looks at them. */
export interface MayDoFacts {
  viewer: {
    personId: string;
    permissions: ReadonlySet<Permission>;
    everyTeam: boolean;
    teamIds: readonly string[];
    /** The phone that would ring, his `devices[0]`; null when he has none. */
    device: string | null;
  };
  agent: {
    id: string;
    teamIds: readonly string[];
    /** False when his state is `offline`. */
    connected: boolean;
    /** His device legs now: ringing, talking or on hold. */
    legs: readonly { state: 'ringing' | 'talking' | 'on-hold'; certain: boolean }[];
  };
}

const needed: Record<AgentAction, Permission> = {
  listen: 'supervision.listen',
  whisper: 'supervision.whisper',
  barge: 'supervision.barge',
};

/**
 * Why the viewer may not do this to the agent now, null when he may. The panel offers a button by this rule and
 * the server accepts the click by it: whoever loses the right between the two gets the code.
 */
export function refusalOf(action: AgentAction, { viewer, agent }: MayDoFacts): ErrorCode | null {
  if (!viewer.permissions.has(needed[action])) return 'not-allowed';
  // Seeing an agent as an administrator is not enough to listen to him: a team in common is.
  if (!viewer.everyTeam && !agent.teamIds.some((id) => viewer.teamIds.includes(id)))
    return 'outside-your-teams';
  if (viewer.personId === agent.id) return 'own-call';
  if (viewer.device === null) return 'no-phone';
  if (/^local\//i.test(viewer.device)) return 'phone-not-a-device';
  // A phone that rings has nothing to hear yet.
  const legs = agent.legs.filter((leg) => leg.state !== 'ringing');
  if (legs.length === 0) return agent.connected ? 'agent-not-on-call' : 'agent-not-connected';
  // Who only listens harms nobody by being on the wrong leg of the same call; who speaks does.
  return action === 'listen' ? null : speakingRefusal(legs);
}

function speakingRefusal(legs: MayDoFacts['agent']['legs']): ErrorCode | null {
  if (legs.filter((leg) => leg.state === 'talking').length > 1) return 'agent-has-two-calls';
  const target = legs.find((leg) => leg.state === 'talking') ?? legs[0];
  return target?.certain ? null : 'agent-leg-uncertain';
}

/** The actions the viewer may do to the agent now, in the order the panel shows them. */
export function mayDo(facts: MayDoFacts): AgentAction[] {
  return agentActions.filter((action) => refusalOf(action, facts) === null);
}
