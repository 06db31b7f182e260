import { AppError } from '../../contract/errors.ts';
import {
  isAudioMode,
  type Mode,
  type StartSupervision,
  type TakeoverMode,
} from '../../contract/supervisions.ts';
import type { AuditLog } from '../../ports/domain.ts';
import type { TelephonyCommands } from '../../ports/telephony.ts';
import type { Viewer } from '../../ports/viewer.ts';
import { FollowingSession } from './following-session.ts';
import type { OpenSessions } from './open-sessions.ts';
import type { Session } from './session.ts';
import { type SessionKindsDeps, takeoverDeps, takeoverOf } from './session-kinds.ts';
import { legToTake, planOf, type RuleDeps } from './supervision-rules.ts';
import { SupervisionSession } from './supervision-session.ts';
import { TakeoverSession } from './takeover-session.ts';

export interface TakeoversDeps {
  rules: RuleDeps;
  sessions: OpenSessions;
  kinds: SessionKindsDeps;
  audit: AuditLog;
  commandsOf(pbx: string): TelephonyCommands | undefined;
}

/** Who takes which call over: one supervisor at a time. */
export interface Takeovers {
  /** Before anything is done: the call is nobody else's, and the PBX can do it. Throws `call-being-intercepted`, `needs-dialplan`. */
  assertPossible(viewer: Viewer, wish: StartSupervision): Promise<void>;
  /** To be asked again in the same turn in which the session is added. */
  assertUnclaimed(viewer: Viewer, callId: string): void;
  /** A running listening becomes a takeover, under the same id. Settles when the customer is the supervisor's, or it failed. */
  switchTo(viewer: Viewer, session: Session, mode: TakeoverMode): Promise<void>;
}

export function createTakeovers(deps: TakeoversDeps): Takeovers {
  const { rules, sessions, kinds, audit } = deps;
  /** Calls that are being switched to a takeover, by whom. */
  const switching = new Map<string, { id: string; name: string }>();

  function claimant(callId: string): { id: string; name: string } | undefined {
    return switching.get(callId) ?? takeoverOf(sessions, callId)?.plan.supervisor;
  }
  function assertUnclaimed(viewer: Viewer, callId: string): void {
    const by = claimant(callId);
    if (by && by.id !== viewer.personId) {
      throw new AppError('call-being-intercepted', `${by.name} is taking that call over`, { by });
    }
  }
  async function assertDialplan(pbx: string, uniqueId: string): Promise<void> {
    const commands = deps.commandsOf(pbx);
    if (!commands) throw new AppError('pbx-unreachable');
    if ((await commands.canTake(uniqueId)) === false) throw new AppError('needs-dialplan');
  }

  return {
    assertUnclaimed,
    async assertPossible(viewer, wish) {
      const { leg } = planOrClaim(() => planOf(rules, viewer, wish), viewer, wish, assertUnclaimed);
      if (!leg) throw new AppError('mode-not-available');
      assertUnclaimed(viewer, leg.callId);
      await assertDialplan(leg.pbx, leg.uniqueId);
    },
    async switchTo(viewer, session, mode) {
      const { plan } = session;
      if (session instanceof TakeoverSession) return session.changeMode(mode);
      const isListening = session instanceof SupervisionSession || session instanceof FollowingSession;
      const commands = deps.commandsOf(plan.pbx);
      if (!isListening || !commands) throw new AppError('mode-not-available');
      const wanted = session instanceof FollowingSession ? { ...plan, callId: null } : plan;
      const leg = legToTake(rules, viewer, wanted, mode);
      const { callId } = leg;
      if (claimant(callId)) {
        assertUnclaimed(viewer, callId);
        throw new AppError('overloaded', 'It is being taken over already');
      }
      switching.set(callId, plan.supervisor);
      try {
        await assertDialplan(plan.pbx, leg.uniqueId);
        const details = { supervisionId: plan.id, mode };
        const action = 'supervision.mode-changed';
        await audit.write({ actorId: viewer.personId, action, subjectId: plan.agent.id, callId, details });
        if (!(await session.surrender()))
          throw new AppError('mode-not-available', 'Wait until you hear the call');
        const taken = { ...plan, callId, targetUniqueId: leg.uniqueId };
        const start = { kind: 'from-listening' as const, mode, state: session.state };
        const takeover = new TakeoverSession(takeoverDeps(kinds, commands, taken), taken, start);
        sessions.replace(takeover);
        await takeover.begin();
      } finally {
        switching.delete(callId);
      }
    },
  };
}

/** Whoever comes second finds the agent gone, or no call of his: he is told by whom it was taken. */
function planOrClaim<T>(
  plan: () => T,
  viewer: Viewer,
  { callId }: StartSupervision,
  assertUnclaimed: (viewer: Viewer, callId: string) => void,
): T {
  try {
    return plan();
  } catch (error) {
    const isGone = error instanceof AppError && goneByTakeover.has(error.code);
    if (isGone && callId !== undefined) assertUnclaimed(viewer, callId);
    throw error;
  }
}

const goneByTakeover: ReadonlySet<string> = new Set([
  'agent-not-on-call',
  'agent-not-connected',
  'call-not-agents',
  'call-not-interceptable',
]);

export const isTakeover = (mode: Mode): mode is TakeoverMode => !isAudioMode(mode);
