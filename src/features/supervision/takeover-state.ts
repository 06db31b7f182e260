import type { SupervisionEnd, TakeoverMode } from '../../contract/supervisions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DeviceLeg } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import type { SendOn, TelephonyCommands } from '../../ports/telephony.ts';
import type { SavedSession, Session, SessionMemory, SessionPlan, SessionState } from './session.ts';

/** Where a takeover begins: with the supervisor's phone, with the one he listens with, or where an earlier run left it. */
export type TakeoverStart =
  | { kind: 'fresh'; mode: TakeoverMode }
  | { kind: 'from-listening'; mode: TakeoverMode; state: SessionState }
  | { kind: 'saved'; saved: SavedSession };

/** How far a takeover has come: kept in its row, since a restart must know whose the customer is. */
export type TakeoverPhase =
  /** The supervisor's phone rings; nothing has happened to the call. */
  | 'ringing'
  /** The customer is being moved. */
  | 'taking'
  /** Supervisor and customer are together. */
  | 'held'
  /** The customer is on his way to somebody else, and comes back if nobody answers. */
  | 'handing-over';

export interface TakeoverMemory {
  phase: TakeoverPhase;
  callId: string;
  customerUniqueId: string | null;
  agentUniqueId: string | null;
  /** The agent's device, to ring it again. */
  agentDevice: string | null;
  /** The device a customer was sent to who is being handed over. */
  targetDevice: string | null;
}

export interface TakeoverDeps {
  commands: TelephonyCommands;
  clock: Clock;
  log: Log;
  ringTimeoutMs: number;
  /** The agent's leg in that call as it is now; undefined when it is in it no more. */
  agentLeg(): DeviceLeg | undefined;
  isCallAlive(): boolean;
  /** The one behind this device talks with the customer. */
  isAnsweredBy(device: string, customerUniqueId: string): boolean;
  /** Called after every change of state. */
  onState(session: Session): void;
  /** What is known now is in the database; settles also when it does not answer. */
  saved(): Promise<void>;
  /** The customer is the supervisor's from now on: nobody else listens to the agent in that call. */
  onTaken(): void;
}

/** Where a handed-over customer goes, as dialled. */
export type HandOverTarget = Pick<SendOn, 'to'>;

export function startingState(mode: TakeoverMode, callId: string, atMs: number): SessionState {
  return {
    state: 'starting',
    mode,
    modeChanges: [{ mode, atMs }],
    calls: [{ callId, fromMs: atMs, toMs: null }],
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

/** The state of a takeover that begins while its supervisor listens already. */
export function switchedState(
  from: SessionState,
  mode: TakeoverMode,
  callId: string,
  atMs: number,
): SessionState {
  const open = from.calls.find((span) => span.callId === callId && span.toMs === null);
  return {
    ...from,
    mode,
    state: 'live',
    modeChanges: [...from.modeChanges, { mode, atMs }],
    calls: open ? from.calls : [...from.calls, { callId, fromMs: atMs, toMs: null }],
    paused: false,
    endsAtMs: null,
    question: null,
    unheard: null,
  };
}

export function endedState(from: SessionState, because: SupervisionEnd, atMs: number): SessionState {
  const calls = from.calls.map((span) => ({ ...span, toMs: span.toMs ?? atMs }));
  return { ...from, state: 'ended', calls, onHold: false, endedBecause: because, endedAtMs: atMs };
}

/** What an earlier run of the server wrote down; `callId` of the plan where it wrote nothing. */
export function memoryOf(saved: SessionMemory, plan: SessionPlan): TakeoverMemory {
  const text = (name: keyof TakeoverMemory) =>
    typeof saved[name] === 'string' ? (saved[name] as string) : null;
  const phase = text('phase');
  return {
    phase: phase === 'taking' || phase === 'held' || phase === 'handing-over' ? phase : 'ringing',
    callId: text('callId') ?? plan.callId ?? '',
    customerUniqueId: text('customerUniqueId'),
    agentUniqueId: text('agentUniqueId'),
    agentDevice: text('agentDevice'),
    targetDevice: text('targetDevice'),
  };
}

/** Reasons to end that are the supervisor's own, or the end of the talk itself. */
export const endsTalk: ReadonlySet<SupervisionEnd> = new Set([
  'stopped',
  'phone-hung-up',
  'call-ended',
  'pbx-restarted',
]);
