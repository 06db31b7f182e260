import type { ErrorCode } from '../../contract/errors.ts';
import type {
  Mode,
  Scope,
  Supervision,
  SupervisionEnd,
  SupervisionState,
} from '../../contract/supervisions.ts';
import type { GuestLeg, OwnBridge, OwnLeg } from '../../ports/telephony.ts';
import type { OwnLegFact } from '../../ports/telephony-facts.ts';

/** What does not change while a supervision lasts. */
export interface SessionPlan {
  id: string;
  scope: Scope;
  device: Supervision['device'];
  supervisor: { id: string; name: string };
  agent: { id: string; name: string; number: string };
  pbx: string;
  /** The dial string that is rung. */
  deviceAddress: string;
  /** The agent's leg and call at the click; null for one that follows the agent. */
  targetUniqueId: string | null;
  callId: string | null;
  reason: string;
  startedAtMs: number;
}

/** A call, from its first sound to its last. */
export interface CallSpan {
  callId: string;
  fromMs: number;
  toMs: number | null;
}

/** Where a supervision stands, as it is shown and kept. Times are milliseconds since the epoch. */
export interface SessionState {
  state: SupervisionState;
  /** The mode that holds now. */
  mode: Mode;
  modeChanges: readonly { mode: Mode; atMs: number }[];
  calls: readonly CallSpan[];
  onHold: boolean;
  paused: boolean;
  endsAtMs: number | null;
  question: Supervision['question'];
  /** Why the call that the agent is in is not heard; null when it is, or there is none. */
  unheard: ErrorCode | null;
  liveAtMs: number | null;
  endedAtMs: number | null;
  endedBecause: SupervisionEnd | null;
}

/** What a session needs, beyond plan and state, to be found again after a restart. Kept in its row as JSON. */
export type SessionMemory = Readonly<Record<string, unknown>>;

/** A session as an earlier run of the server wrote it down. */
export interface SavedSession {
  plan: SessionPlan;
  state: SessionState;
  memory: SessionMemory;
}

/** What is ours on a PBX now. */
export interface OwnOnPbx {
  legs: readonly OwnLeg[];
  bridges: readonly OwnBridge[];
  /** Legs of calls that were taken over. */
  guests?: readonly GuestLeg[];
}

/** One act of supervision, from the click to the last leg's end; each kind of it is another implementation. */
export interface Session {
  readonly plan: SessionPlan;
  readonly state: SessionState;
  readonly memory: SessionMemory;
  /** Settles when nothing of it is left on the PBX. */
  readonly finished: Promise<void>;
  /** Everything at once; nothing is heard before `written` (the audit entry and the session's row) settles. */
  establish(written: Promise<unknown>): Promise<void>;
  /** Carries on with what an earlier run of the server left on the PBX, or ends. */
  adopt(found: OwnOnPbx): void;
  /** Compares itself with the PBX: after a gap in the events its legs may have gone without our being told. */
  compare(found: OwnOnPbx): void;
  /** Settles when the mode holds, or a later wish replaced it, or the supervision has ended. */
  changeMode(mode: Mode): Promise<void>;
  /** Settles when nothing of it is left on the PBX. The first reason counts. */
  end(because: SupervisionEnd): Promise<void>;
  onLeg(fact: OwnLegFact): void;
  /** Some call of its PBX has changed. */
  onCallChange(): void;
  /** What may be heard has changed: the policy, a mark on a call, the hour. */
  onPolicyChange(): void;
  /** The audit log takes no entries now: nobody may hear. */
  onAuditLost(): void;
  /** Whether this leg or bridge on the PBX is one it still uses. */
  uses(ownId: string): boolean;
}

export const isOpen = ({ state }: Pick<SessionState, 'state'>): boolean =>
  state === 'starting' || state === 'waiting' || state === 'live';
