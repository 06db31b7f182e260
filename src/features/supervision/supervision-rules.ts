import { AppError } from '../../contract/errors.ts';
import { type MayDoFacts, refusalByRights, refusalOf } from '../../contract/may-do.ts';
import type { Policy } from '../../contract/policy.ts';
import {
  type AudioMode,
  isAudioMode,
  type Mode,
  type StartSupervision,
} from '../../contract/supervisions.ts';
import type {
  BrowserPhones,
  DeviceLeg,
  ListeningPolicy,
  LiveCalls,
  PeopleDirectory,
  Person,
} from '../../ports/domain.ts';
import type { Trunks } from '../../ports/trunks.ts';
import { makeViewer, type Viewer } from '../../ports/viewer.ts';
import { chooseAgentLeg, whyNotSpeak } from './agent-leg.ts';
import type { FollowedLeg } from './following-choice.ts';
import { isRealDevice } from './phone-leg.ts';
import type { Session, SessionPlan } from './session.ts';

export interface RuleDeps {
  people: PeopleDirectory;
  calls: LiveCalls;
  policy: ListeningPolicy;
  browserPhones: BrowserPhones;
  trunks: Trunks;
  /** Whether the agent is signed in, in a queue or on a page: only chooses the words of a refusal. */
  isConnected(agentId: string): boolean;
}

export interface Plan {
  mode: Mode;
  agent: Person;
  /** The dial string that is to ring. */
  device: string;
  /** The agent's leg to listen to; null for supervision that follows him. */
  leg: DeviceLeg | null;
}

/** Who, whom, with which phone, on which leg: all that is known at the click. Throws what a client is told then. */
export function planOf(deps: RuleDeps, viewer: Viewer, wish: StartSupervision): Plan {
  const { mode } = wish;
  const spoken = isAudioMode(mode) ? mode : 'barge';
  if (!isAudioMode(mode) && wish.scope === 'agent') throw new AppError('mode-not-available');
  assertReason(deps.policy.current(), wish.reason);
  const agent = deps.people.byId(wish.agentId);
  if (!agent) throw new AppError('agent-not-found');
  const legs = legsOf(deps, agent);
  const device = supervisorsDevice(deps, viewer, wish);
  const { callId } = wish;
  const asked = { agent, mode, legs, callId, device: device ?? (wish.device === 'browser' ? 'any' : null) };
  if (wish.scope === 'agent') refuseUnlessMayFollow(deps, viewer, { ...asked, mode: spoken });
  else refuseUnlessAllowed(deps, viewer, asked);
  if (!device) throw new AppError('no-browser-phone');
  if (!isRealDevice(device)) throw new AppError('phone-not-a-device');
  const dialled = deps.trunks.dialStringOf(agent.pbx, homeOf(deps, viewer) ?? agent.pbx, device);
  if (dialled === null) throw new AppError('phone-on-other-pbx');
  if (wish.scope === 'agent') return { mode, agent, device: dialled, leg: null };
  const leg = agentLeg(deps, legs, spoken, callId);
  if (!isAudioMode(mode)) assertTakeable(leg);
  if (isOwnCall(deps, viewer.personId, leg)) throw new AppError('own-call', 'You are on that call yourself');
  return { mode, agent, device: dialled, leg };
}

/** The PBX of the viewer's phones. */
const homeOf = ({ people }: RuleDeps, viewer: Viewer): string | undefined =>
  people.byId(viewer.personId)?.pbx;

/** What the policy asks of a reason; its length is the contract's. */
function assertReason({ reasonRequired, reasons, reasonsOnly }: Policy, reason: string): void {
  const given = reason.trim();
  if (given === '') {
    if (reasonRequired) throw new AppError('validation-failed', 'A reason is needed', { field: 'reason' });
  } else if (reasonsOnly && !reasons.includes(given)) {
    throw new AppError('validation-failed', 'The policy has a list of reasons', { field: 'reason' });
  }
}

/** Null when he has none of the kind. */
function supervisorsDevice(deps: RuleDeps, viewer: Viewer, { device }: StartSupervision): string | null {
  if (device === 'phone') return deps.people.byId(viewer.personId)?.devices[0] ?? null;
  return deps.browserPhones.deviceOf(viewer.personId);
}

/** The agent's legs, those that ring included, with why each may not be heard by this supervisor. */
export function followedLegs(deps: RuleDeps, agentId: string, supervisorId: string): FollowedLeg[] {
  const agent = deps.people.byId(agentId);
  if (!agent) return [];
  return agent.devices
    .flatMap((device) => deps.calls.legsOfDevice(agent.pbx, device))
    .map((leg) => {
      const call = deps.calls.byId(leg.callId);
      const protectedBy = call ? deps.policy.callProtectedBy(call) : null;
      return { ...leg, protectedBy: protectedBy ?? (isOwnCall(deps, supervisorId, leg) ? 'own-call' : null) };
    });
}

function isOwnCall({ people, calls }: RuleDeps, supervisorId: string, { callId, pbx }: DeviceLeg): boolean {
  const supervisor = people.byId(supervisorId);
  // Somebody else's, when his own of that name are on another PBX.
  if (supervisor?.pbx !== pbx) return false;
  return supervisor.devices
    .flatMap((device) => calls.legsOfDevice(pbx, device))
    .some((own) => own.callId === callId && own.state !== 'ringing');
}

/** Whether this mode may be heard now, on the leg that is supervised, by the one who asks for it. Throws why not. */
export function assertMayHear(
  deps: RuleDeps,
  viewer: Viewer,
  plan: Pick<SessionPlan, 'agent' | 'targetUniqueId'> & Partial<Pick<SessionPlan, 'scope'>>,
  mode: AudioMode,
): void {
  const agent = deps.people.byId(plan.agent.id);
  if (!agent) throw new AppError('agent-not-found');
  const legs = legsOf(deps, agent);
  if (plan.scope === 'agent') {
    assertMaySwitch(deps, viewer, { agent, mode, legs });
    return;
  }
  // His phone rang long ago: which one he has is no question any more.
  refuseUnlessAllowed(deps, viewer, { agent, mode, legs, device: 'any' });
  // The rule above looks at the leg he talks on, which may be another one than that of the supervision.
  const leg = legs.find(({ uniqueId }) => uniqueId === plan.targetUniqueId);
  const refused = leg && mode !== 'listen' ? whyNotSpeak(leg, legs) : null;
  if (refused) throw new AppError(refused);
}

/** Between calls only the right counts; in one, speaking needs certainty. */
function assertMaySwitch(
  deps: RuleDeps,
  viewer: Viewer,
  { agent, mode, legs }: { agent: Person; mode: AudioMode; legs: readonly DeviceLeg[] },
): void {
  const facts = factsOf(deps, viewer, { agent, legs: [], device: 'any' });
  const refused =
    refusalByRights('supervision.persistent', facts) ?? refusalByRights(`supervision.${mode}`, facts);
  if (refused) throw new AppError(refused);
  const choice = legs.length > 0 ? chooseAgentLeg(legs, mode) : null;
  if (choice && 'refused' in choice) throw new AppError(choice.refused);
}

/** The agent's leg whose customer is taken over by one who listens to it already. Throws why it may not be. */
export function legToTake(
  deps: RuleDeps,
  viewer: Viewer,
  { agent: { id }, callId }: Pick<SessionPlan, 'agent' | 'callId'>,
  mode: Mode,
): DeviceLeg {
  const agent = deps.people.byId(id);
  if (!agent) throw new AppError('agent-not-found');
  const legs = legsOf(deps, agent);
  refuseUnlessAllowed(deps, viewer, { agent, mode, legs, device: 'any' });
  const leg = agentLeg(deps, legs, 'barge', callId ?? undefined);
  assertTakeable(leg);
  if (isOwnCall(deps, viewer.personId, leg)) throw new AppError('own-call', 'You are on that call yourself');
  return leg;
}

function assertTakeable({ takeable, other }: DeviceLeg): void {
  if (!takeable || !other) throw new AppError('call-not-interceptable');
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

/** Legs that are up; a phone that rings has nothing to hear, nor one that is only just hung up after its customer. */
function legsOf({ calls }: RuleDeps, agent: Person): DeviceLeg[] {
  return agent.devices
    .flatMap((device) => calls.legsOfDevice(agent.pbx, device))
    .filter(({ state, callId }) => state !== 'ringing' && (calls.byId(callId)?.endedAt ?? null) === null);
}

interface Asked {
  agent: Person;
  legs: readonly DeviceLeg[];
  device: string | null;
}

/** The part of the rule that is about hearing; queues and screens have their own keepers. */
function factsOf(deps: RuleDeps, viewer: Viewer, { agent, legs, device }: Asked): MayDoFacts {
  const { policy, calls } = deps;
  // A phone that rang already is reached.
  const home = device === 'any' ? undefined : homeOf(deps, viewer);
  const reach = home === undefined ? {} : { reachedFrom: deps.trunks.thatReach(home) };
  return {
    // The one that is to ring, whatever kind it is.
    viewer: { ...viewer, device, browserPhone: false, ...reach },
    agent: {
      id: agent.id,
      pbx: agent.pbx,
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

/** With or without a call: the rule of listening that follows, and the right to speak when that is asked for. */
function refuseUnlessMayFollow(deps: RuleDeps, viewer: Viewer, asked: Asked & { mode: AudioMode }): void {
  const facts = factsOf(deps, viewer, asked);
  const refusal =
    refusalByRights(`supervision.${asked.mode}`, facts) ?? refusalOf('listen-persistent', facts);
  if (refusal) throw new AppError(refusal);
}

function refuseUnlessAllowed(
  deps: RuleDeps,
  viewer: Viewer,
  asked: Asked & { mode: Mode; callId?: string | undefined },
): void {
  const refusal = refusalOf(asked.mode, factsOf(deps, viewer, asked));
  // Who names a call is told of that one.
  if (refusal === 'agent-not-on-call' && asked.callId !== undefined) throw notHis(deps, asked.callId);
  if (refusal) throw new AppError(refusal);
}

function notHis({ calls }: RuleDeps, callId: string): AppError {
  const call = calls.byId(callId);
  return new AppError(!call || call.endedAt ? 'call-already-ended' : 'call-not-agents');
}

function agentLeg(deps: RuleDeps, legs: readonly DeviceLeg[], mode: AudioMode, callId?: string): DeviceLeg {
  if (callId !== undefined && !legs.some((leg) => leg.callId === callId)) throw notHis(deps, callId);
  const choice = chooseAgentLeg(legs, mode, callId);
  if ('refused' in choice) throw new AppError(choice.refused);
  return choice.leg;
}
