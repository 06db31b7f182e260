import type { ErrorCode } from '../../contract/errors.ts';
import type { AudioMode } from '../../contract/supervisions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyCommands } from '../../ports/telephony.ts';
import type { FollowedLeg } from './following-choice.ts';
import type { CallSpan, Session, SessionState } from './session.ts';

/** What an entry of the audit log says of a following supervision. */
export type FollowingAct =
  | 'supervision.mode-changed'
  | 'supervision.call-taken-up'
  | 'supervision.call-left'
  | 'supervision.paused'
  | 'supervision.resumed'
  | 'supervision.went-on';

export interface FollowingDeps {
  commands: TelephonyCommands;
  clock: Clock;
  log: Log;
  ringTimeoutMs: number;
  /** Legs of the agent's devices now, those that ring included. */
  legs(): readonly FollowedLeg[];
  /** Why nobody may hear this agent at this hour; null when one may. */
  agentRefusal(): ErrorCode | null;
  isConnected(): boolean;
  /** The policy's longest duration; null without one. */
  minutesMax(): number | null;
  /** The policy wants a tone in the agent's ear. */
  beeps(): boolean;
  /** Called after every change of state. */
  onState(session: Session): void;
  /** What it remembers has changed, and nothing that is shown. */
  onMemory(): void;
  /** Settles when the entry, and what is known of the session, are durable. Throws `audit-unavailable`. */
  audit(act: FollowingAct, callId: string | null, details: Record<string, unknown>): Promise<void>;
}

/** Before the supervisor's phone has answered. */
export function startingState(mode: AudioMode, atMs: number): SessionState {
  return {
    state: 'starting',
    mode,
    modeChanges: [{ mode, atMs }],
    calls: [],
    onHold: false,
    paused: false,
    endsAtMs: null,
    question: null,
    unheard: null,
    liveAtMs: null,
    endedAtMs: null,
    endedBecause: null,
  };
}

/** Calls of one supervision that are kept; older ones are in the audit log. */
export const spansMax = 1_000;

/** What was heard ends now, and this call (null: none) begins. The same list when nothing changes. */
export function spansAfter(
  spans: readonly CallSpan[],
  callId: string | null,
  nowMs: number,
): readonly CallSpan[] {
  if (callId === null && !spans.some(({ toMs }) => toMs === null)) return spans;
  const closed = spans.map((span) => (span.toMs === null ? { ...span, toMs: nowMs } : span));
  const next = callId === null ? closed : [...closed, { callId, fromMs: nowMs, toMs: null }];
  return next.slice(-spansMax);
}
