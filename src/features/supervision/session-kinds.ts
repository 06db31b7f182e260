import { isAudioMode, type Mode } from '../../contract/supervisions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyCommands } from '../../ports/telephony.ts';
import { FollowingSession } from './following-session.ts';
import type { FollowingDeps } from './following-state.ts';
import type { OpenSessions } from './open-sessions.ts';
import { endByPolicy } from './policy-ends.ts';
import type { SavedSession, Session, SessionPlan } from './session.ts';
import { followedLegs, type RuleDeps } from './supervision-rules.ts';
import { type CallPlan, type SessionDeps, SupervisionSession } from './supervision-session.ts';
import { TakeoverSession } from './takeover-session.ts';
import { memoryOf, type TakeoverDeps } from './takeover-state.ts';

export interface SessionKindsDeps {
  rules: RuleDeps;
  sessions: OpenSessions;
  audit: AuditLog;
  clock: Clock;
  log: Log;
  ringTimeoutMs: number;
}

/** A new session of the kind that plan and mode ask for. */
export function openSession(
  deps: SessionKindsDeps,
  commands: TelephonyCommands,
  plan: SessionPlan,
  mode: Mode,
): Session | undefined {
  if (!isAudioMode(mode))
    return new TakeoverSession(takeoverDeps(deps, commands, plan), plan, { kind: 'fresh', mode });
  if (plan.scope === 'agent') return new FollowingSession(followingDeps(deps, commands, plan), plan, mode);
  if (!isCallPlan(plan)) return undefined;
  return new SupervisionSession(callSessionDeps(deps, commands, plan), plan, mode);
}

/** The session that an earlier run of the server wrote down; it is to be asked to `adopt` itself. */
export function restoredSession(
  deps: SessionKindsDeps,
  commands: TelephonyCommands,
  session: SavedSession,
): Session | undefined {
  const { plan: saved, state } = session;
  const { mode } = state;
  if (!isAudioMode(mode)) {
    const { callId } = memoryOf(session.memory, saved);
    const ties = takeoverDeps(deps, commands, { ...saved, callId });
    return new TakeoverSession(ties, saved, { kind: 'saved', saved: session });
  }
  if (saved.scope === 'agent') {
    return new FollowingSession(followingDeps(deps, commands, saved), saved, session);
  }
  const plan = { ...saved, callId: saved.callId ?? '', targetUniqueId: saved.targetUniqueId ?? '' };
  const modeChanges = state.modeChanges.flatMap(({ mode: changed, atMs }) =>
    isAudioMode(changed) ? [{ mode: changed, atMs }] : [],
  );
  const from = { ...state, mode, wantedMode: mode, modeChanges, snoop: 1 };
  return new SupervisionSession(callSessionDeps(deps, commands, plan), plan, from);
}

const isCallPlan = (plan: SessionPlan): plan is CallPlan =>
  plan.scope === 'call' && plan.callId !== null && plan.targetUniqueId !== null;

function callSessionDeps(deps: SessionKindsDeps, commands: TelephonyCommands, plan: CallPlan): SessionDeps {
  const { rules, sessions, clock, audit, ringTimeoutMs } = deps;
  const { id, agent, callId, supervisor, pbx } = plan;
  return {
    commands,
    clock,
    log: deps.log.child({ supervisionId: id, agentId: agent.id, callId }),
    ringTimeoutMs,
    targetLeg: (targetUniqueId) =>
      rules.people
        .byId(agent.id)
        ?.devices.flatMap((device) => rules.calls.legsOfDevice(pbx, device))
        .find((leg) => leg.uniqueId === targetUniqueId),
    isCallAlive: () => rules.calls.byId(callId)?.endedAt === null,
    isTakenOver: (taken) => takeoverOf(sessions, taken) !== undefined,
    endByPolicy: () => endByPolicy(rules, agent.id, callId),
    beeps: () => rules.policy.current().informAgent === 'beep',
    onState: (session) => sessions.onState(session),
    async auditMode(_session, mode) {
      await audit.write({
        actorId: supervisor.id,
        action: 'supervision.mode-changed',
        subjectId: agent.id,
        callId,
        details: { supervisionId: id, mode },
      });
      await sessions.saved(id);
    },
  };
}

/** The open takeover of this call. */
export function takeoverOf(sessions: OpenSessions, callId: string): TakeoverSession | undefined {
  for (const session of sessions.all()) {
    if (session instanceof TakeoverSession && session.callId === callId) return session;
  }
  return undefined;
}

/** `plan.callId` is the call that is taken over. */
export function takeoverDeps(
  deps: SessionKindsDeps,
  commands: TelephonyCommands,
  { id, agent, pbx, callId }: SessionPlan,
): TakeoverDeps {
  const { rules, sessions, clock, ringTimeoutMs } = deps;
  const { calls, people } = rules;
  return {
    commands,
    clock,
    log: deps.log.child({ supervisionId: id, agentId: agent.id, callId }),
    ringTimeoutMs,
    agentLeg: () =>
      people
        .byId(agent.id)
        ?.devices.flatMap((device) => calls.legsOfDevice(pbx, device))
        .find((leg) => leg.callId === callId && leg.state !== 'ringing'),
    isCallAlive: () => callId !== null && calls.byId(callId)?.endedAt === null,
    isAnsweredBy: (device, customerUniqueId) =>
      calls.legsOfDevice(pbx, device).some(({ other }) => other?.uniqueId === customerUniqueId),
    onState: (session) => sessions.onState(session),
    saved: () => sessions.saved(id),
    onTaken() {
      for (const session of sessions.all()) {
        const isOther = session instanceof SupervisionSession && session.plan.callId === callId;
        if (isOther) void session.end('intercepted-by-another');
      }
    },
  };
}

function followingDeps(
  deps: SessionKindsDeps,
  commands: TelephonyCommands,
  { id, agent, supervisor }: SessionPlan,
): FollowingDeps {
  const { rules, sessions, clock, audit, ringTimeoutMs } = deps;
  const { policy } = rules;
  return {
    commands,
    clock,
    log: deps.log.child({ supervisionId: id, agentId: agent.id }),
    ringTimeoutMs,
    legs: () => followedLegs(rules, agent.id, supervisor.id),
    agentRefusal: () => policy.agentProtectedBy(agent.id),
    isConnected: () => rules.isConnected(agent.id),
    minutesMax: () => policy.current().persistentMinutesMax,
    beeps: () => policy.current().informAgent === 'beep',
    onState: (session) => sessions.onState(session),
    onMemory: () => sessions.onMemory(id),
    async audit(action, callId, details) {
      const actorId = byHand.has(action) ? supervisor.id : null;
      await audit.write({
        actorId,
        action,
        subjectId: agent.id,
        callId,
        details: { ...details, supervisionId: id },
      });
      await sessions.saved(id);
    },
  };
}

/** What the supervisor does himself; the rest comes of the agent's calls. */
const byHand: ReadonlySet<string> = new Set([
  'supervision.mode-changed',
  'supervision.paused',
  'supervision.resumed',
  'supervision.went-on',
]);
