import { AppError } from '../../contract/errors.ts';
import { type MayDoFacts, refusalOf } from '../../contract/may-do.ts';
import { type AudioMode, isAudioMode, type StartSupervision } from '../../contract/supervisions.ts';
import type {
  BrowserPhones,
  DeviceLeg,
  ListeningPolicy,
  LiveCalls,
  PeopleDirectory,
  Person,
} from '../../ports/domain.ts';
import { makeViewer, type Viewer } from '../../ports/viewer.ts';
import { chooseAgentLeg, whyNotSpeak } from './agent-leg.ts';
import { isRealDevice } from './phone-leg.ts';
import type { Session, SessionPlan } from './session.ts';

export interface RuleDeps {
  people: PeopleDirectory;
  calls: LiveCalls;
  policy: ListeningPolicy;
  browserPhones: BrowserPhones;
  /** Whether the agent is signed in, in a queue or on a page: only chooses the words of a refusal. */
  isConnected(agentId: string): boolean;
}

/** Who, whom, with which phone, on which leg: all that is known at the click. Throws what a client is told then. */
export function planOf(deps: RuleDeps, viewer: Viewer, wish: StartSupervision) {
  const mode = availableMode(wish);
  const agent = deps.people.byId(wish.agentId);
  if (!agent) throw new AppError('agent-not-found');
  const legs = legsOf(deps, agent);
  const supervisor = deps.people.byId(viewer.personId);
  const device = supervisor?.devices[0] ?? null;
  refuseUnlessAllowed(deps, viewer, { agent, mode, legs, device });
  if (!device || !isRealDevice(device)) throw new AppError('phone-not-a-device');
  const leg = agentLeg(deps, legs, mode, wish.callId);
  if (deps.calls.legsOfDevice(agent.pbx, device).some((own) => own.callId === leg.callId)) {
    throw new AppError('own-call', 'You are on that call yourself');
  }
  return { mode, agent, device, leg };
}

/** Whether this mode may be heard now, on the leg that is supervised, by the one who asks for it. Throws why not. */
export function assertMayHear(
  deps: RuleDeps,
  viewer: Viewer,
  plan: Pick<SessionPlan, 'agent' | 'targetUniqueId'>,
  mode: AudioMode,
): void {
  const agent = deps.people.byId(plan.agent.id);
  if (!agent) throw new AppError('agent-not-found');
  const legs = legsOf(deps, agent);
  const device = deps.people.byId(viewer.personId)?.devices[0] ?? null;
  refuseUnlessAllowed(deps, viewer, { agent, mode, legs, device });
  // The rule above looks at the leg he talks on, which may be another one than that of the supervision.
  const leg = legs.find(({ uniqueId }) => uniqueId === plan.targetUniqueId);
  const refused = leg && mode !== 'listen' ? whyNotSpeak(leg, legs) : null;
  if (refused) throw new AppError(refused);
}

/** A right to it that was lost since the click: the person, the role, the team in common, or by the policy. */
export function hasLostRights(deps: RuleDeps, { plan, state }: Pick<Session, 'plan' | 'state'>): boolean {
  const supervisor = deps.people.byId(plan.supervisor.id);
  const agent = deps.people.byId(plan.agent.id);
  if (!supervisor || !agent) return true;
  const viewer = makeViewer({
    ...supervisor,
    teamIds: supervisor.teams.map((team) => team.id),
    withheld: deps.policy.withheldFrom(supervisor.roles),
  });
  const facts = factsOf(deps, viewer, { agent, legs: [], device: 'any' });
  const actions = plan.scope === 'agent' ? [state.mode, 'listen-persistent' as const] : [state.mode];
  return actions.some((action) => {
    const refusal = refusalOf(action, facts);
    return refusal === 'not-allowed' || refusal === 'outside-your-teams';
  });
}

function availableMode({ mode, scope, device }: StartSupervision): AudioMode {
  if (!isAudioMode(mode)) throw new AppError('mode-not-available', `${mode} is not available yet`);
  if (scope !== 'call') throw new AppError('mode-not-available', 'Only scope call is available yet');
  if (device !== 'phone') throw new AppError('mode-not-available', 'Only device phone is available yet');
  return mode;
}

/** Legs that are up; a phone that rings has nothing to hear. */
function legsOf({ calls }: RuleDeps, agent: Person): DeviceLeg[] {
  return agent.devices
    .flatMap((device) => calls.legsOfDevice(agent.pbx, device))
    .filter((leg) => leg.state !== 'ringing');
}

interface Asked {
  agent: Person;
  legs: readonly DeviceLeg[];
  device: string | null;
}

/** The part of the rule that is about hearing; queues and screens have their own keepers. */
function factsOf(deps: RuleDeps, viewer: Viewer, { agent, legs, device }: Asked): MayDoFacts {
  const { policy, calls } = deps;
  return {
    viewer: { ...viewer, device, browserPhone: deps.browserPhones.deviceOf(viewer.personId) !== null },
    agent: {
      id: agent.id,
      teamIds: agent.teams.map((team) => team.id),
      state: deps.isConnected(agent.id) ? 'available' : 'offline',
      legs: legs.map((leg) => {
        const call = calls.byId(leg.callId);
        return { ...leg, protectedBy: call ? policy.callProtectedBy(call) : null };
      }),
      protectedBy: policy.agentProtectedBy(agent.id),
      inQueue: false,
      paused: false,
      screen: 'off',
      controlRefusal: null,
    },
  };
}

function refuseUnlessAllowed(deps: RuleDeps, viewer: Viewer, asked: Asked & { mode: AudioMode }): void {
  const refusal = refusalOf(asked.mode, factsOf(deps, viewer, asked));
  if (refusal) throw new AppError(refusal);
}

function agentLeg(
  { calls }: RuleDeps,
  legs: readonly DeviceLeg[],
  mode: AudioMode,
  callId?: string,
): DeviceLeg {
  if (callId !== undefined && !legs.some((leg) => leg.callId === callId)) {
    const call = calls.byId(callId);
    throw new AppError(!call || call.endedAt ? 'call-already-ended' : 'call-not-agents');
  }
  const choice = chooseAgentLeg(legs, mode, callId);
  if ('refused' in choice) throw new AppError(choice.refused);
  return choice.leg;
}
