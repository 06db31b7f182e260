import { type AgentAction, type AgentState, agentActions, type ScreenState } from './agents.ts';
import type { ErrorCode } from './errors.ts';
import type { Permission } from './permissions.ts';

/** One device leg of the agent, as far as the rule looks at it. */
export interface MayDoLeg {
  state: 'ringing' | 'talking' | 'on-hold';
  certain: boolean;
  /** It has another end that can be taken over; false for a parked call, a conference, a leg alone. */
  takeable: boolean;
  /** Why the policy lets nobody hear this call; null when one may. */
  protectedBy: ErrorCode | null;
}

/** The viewer and the agent, as far as the rule looks at them. */
export interface MayDoFacts {
  viewer: {
    personId: string;
    permissions: ReadonlySet<Permission>;
    /** Permissions that a team's policy takes away from the viewer's roles, by team. */
    withheld: ReadonlyMap<string, ReadonlySet<Permission>>;
    everyTeam: boolean;
    teamIds: readonly string[];
    /** The phone that would ring, his `devices[0]`; null when he has none. */
    device: string | null;
    /** His browser phone is connected. */
    browserPhone: boolean;
    /** The PBXs on which his phones can be rung; absent where that is no question. */
    reachedFrom?: ReadonlySet<string>;
  };
  agent: {
    id: string;
    pbx?: string;
    teamIds: readonly string[];
    /** `offline` is not connected. */
    state: AgentState;
    /** His device legs now: ringing, talking or on hold. */
    legs: readonly MayDoLeg[];
    /** Why the policy lets nobody hear or see him at this hour; null when one may. */
    protectedBy: ErrorCode | null;
    inQueue: boolean;
    /** Paused in every queue he is in. */
    paused: boolean;
    screen: ScreenState;
    /** Why his queues and pauses cannot be changed from here (`needs-ami`); null when they can. */
    controlRefusal: ErrorCode | null;
  };
}

const needed: Record<AgentAction, Permission> = {
  listen: 'supervision.listen',
  'listen-persistent': 'supervision.persistent',
  whisper: 'supervision.whisper',
  barge: 'supervision.barge',
  intercept: 'supervision.intercept',
  'intercept-agent-listening': 'supervision.intercept',
  chat: 'chat.write',
  'watch-screen': 'screens.watch',
  pause: 'agents.control',
  unpause: 'agents.control',
  'log-out': 'agents.control',
  'edit-queues': 'agents.control',
};

/**
 * Why the viewer may not do this to the agent now, null when he may. The panel offers a button by this rule and
 * the server accepts the click by it: whoever loses the right between the two gets the code.
 */
export function refusalOf(action: AgentAction, facts: MayDoFacts): ErrorCode | null {
  const { viewer, agent } = facts;
  const refused = refusalByRights(needed[action], facts);
  if (refused) return refused;
  if (viewer.personId === agent.id) return 'own-call';
  switch (action) {
    case 'listen':
    case 'whisper':
    case 'barge':
      return phoneRefusal(facts) ?? hearingRefusal(action, agent);
    case 'listen-persistent':
      return phoneRefusal(facts) ?? followingRefusal(agent);
    case 'intercept':
    case 'intercept-agent-listening':
      return phoneRefusal(facts) ?? takeoverRefusal(agent);
    case 'chat':
      return isConnected(agent) ? null : 'agent-not-connected';
    case 'watch-screen':
      return screenRefusal(agent);
    case 'pause':
    case 'unpause':
    case 'log-out':
    case 'edit-queues':
      return controlRefusal(action, agent);
    default:
      return action satisfies never;
  }
}

/** The actions the viewer may do to the agent now, in the order the panel shows them. */
export function mayDo(facts: MayDoFacts): AgentAction[] {
  return agentActions.filter((action) => refusalOf(action, facts) === null);
}

type Agent = MayDoFacts['agent'];

/** Whether the right holds for somebody of these teams. */
export function refusalByRights(
  permission: Permission,
  {
    viewer,
    agent,
  }: { viewer: Omit<MayDoFacts['viewer'], 'device' | 'browserPhone'>; agent: Pick<Agent, 'teamIds'> },
): ErrorCode | null {
  if (!viewer.permissions.has(permission)) return 'not-allowed';
  // Seeing an agent as an administrator is not enough to listen to him: a team in common is.
  const shared = viewer.everyTeam ? agent.teamIds : agent.teamIds.filter((id) => viewer.teamIds.includes(id));
  if (shared.length === 0) return viewer.everyTeam ? null : 'outside-your-teams';
  return shared.every((id) => viewer.withheld.get(id)?.has(permission)) ? 'not-allowed' : null;
}

/** A person whose device is in a call is connected, whatever else. */
const isConnected = ({ state, legs }: Agent): boolean => state !== 'offline' || legs.length > 0;

function phoneRefusal({ viewer, agent }: MayDoFacts): ErrorCode | null {
  const { device, browserPhone, reachedFrom } = viewer;
  if (!browserPhone && device === null) return 'no-phone';
  if (!browserPhone && device !== null && /^local\//i.test(device)) return 'phone-not-a-device';
  const isReached = agent.pbx === undefined || (reachedFrom?.has(agent.pbx) ?? true);
  return isReached ? null : 'phone-on-other-pbx';
}

/** A phone that rings has nothing to hear yet. */
const up = ({ legs }: Agent): MayDoLeg[] => legs.filter((leg) => leg.state !== 'ringing');

function hearingRefusal(action: 'listen' | 'whisper' | 'barge', agent: Agent): ErrorCode | null {
  const legs = up(agent);
  if (legs.length === 0) return isConnected(agent) ? 'agent-not-on-call' : 'agent-not-connected';
  const refused = agent.protectedBy ?? chosen(legs)?.protectedBy;
  if (refused) return refused;
  // Who only listens harms nobody by being on the wrong leg of the same call; who speaks does.
  return action === 'listen' ? null : speakingRefusal(legs);
}

/** With or without a call: what is protected is not heard when it comes. */
function followingRefusal(agent: Agent): ErrorCode | null {
  return isConnected(agent) ? agent.protectedBy : 'agent-not-connected';
}

function takeoverRefusal(agent: Agent): ErrorCode | null {
  const legs = up(agent);
  if (legs.length === 0) return isConnected(agent) ? 'agent-not-on-call' : 'agent-not-connected';
  const refused = agent.protectedBy ?? chosen(legs)?.protectedBy ?? speakingRefusal(legs);
  if (refused) return refused;
  return chosen(legs)?.takeable ? null : 'call-not-interceptable';
}

const chosen = (legs: readonly MayDoLeg[]): MayDoLeg | undefined =>
  legs.find((leg) => leg.state === 'talking') ?? legs[0];

function speakingRefusal(legs: readonly MayDoLeg[]): ErrorCode | null {
  if (legs.filter((leg) => leg.state === 'talking').length > 1) return 'agent-has-two-calls';
  return chosen(legs)?.certain ? null : 'agent-leg-uncertain';
}

/** What may not be heard may not be seen. */
function screenRefusal(agent: Agent): ErrorCode | null {
  if (agent.screen === 'off') return 'screen-not-shared';
  const refused = agent.protectedBy ?? agent.legs.find((leg) => leg.protectedBy)?.protectedBy;
  return refused ?? (agent.screen === 'hidden' ? 'screen-hidden' : null);
}

function controlRefusal(
  action: 'pause' | 'unpause' | 'log-out' | 'edit-queues',
  agent: Agent,
): ErrorCode | null {
  if (agent.controlRefusal) return agent.controlRefusal;
  if (action === 'edit-queues') return null;
  if (!agent.inQueue) return 'agent-not-in-queue';
  if (action === 'pause' && agent.paused) return 'agent-already-paused';
  if (action === 'unpause' && !agent.paused) return 'agent-not-paused';
  return null;
}
