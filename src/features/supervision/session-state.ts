import type { AudioMode, SupervisionEnd } from '../../contract/supervisions.ts';
import { isOpen, type SessionState } from './session.ts';

/** Where listening to one call stands. */
export interface AudioState extends SessionState {
  mode: AudioMode;
  /** The last mode asked for; differs from `mode` while a switch is under way. */
  wantedMode: AudioMode;
  /** One entry for each snoop made, the first included; snoop N was made for the N-th entry. */
  modeChanges: readonly { mode: AudioMode; atMs: number }[];
  /** Number of the snoop that carries `mode`. */
  snoop: number;
}

export type SessionEvent =
  | { kind: 'joined'; atMs: number }
  | { kind: 'mode-wanted'; mode: AudioMode }
  | { kind: 'snoop-made'; mode: AudioMode; atMs: number }
  | { kind: 'switched'; snoop: number }
  | { kind: 'switch-failed' }
  | { kind: 'held'; onHold: boolean }
  | { kind: 'end'; because: SupervisionEnd }
  | { kind: 'ended'; because: SupervisionEnd; atMs: number };

export function initialState(mode: AudioMode, callId: string, atMs: number, onHold: boolean): AudioState {
  return {
    state: 'starting',
    mode,
    wantedMode: mode,
    modeChanges: [{ mode, atMs }],
    snoop: 1,
    calls: [{ callId, fromMs: atMs, toMs: null }],
    onHold,
    paused: false,
    endsAtMs: null,
    question: null,
    unheard: null,
    liveAtMs: null,
    endedAtMs: null,
    endedBecause: null,
  };
}

/**
 * The state after an event; the same object when the event changes nothing, so that ending twice, or joining what has ended, is fine.
 * The first reason to end is the one that stays, but `ended` may make it more exact.
 */
export function nextState(state: AudioState, event: SessionEvent): AudioState {
  if (event.kind === 'ended') return ended(state, event);
  if (!isOpen(state)) return state;
  switch (event.kind) {
    case 'joined':
      return state.state === 'live' ? state : joined(state, event.atMs);
    case 'mode-wanted':
      return state.wantedMode === event.mode ? state : { ...state, wantedMode: event.mode };
    case 'snoop-made':
      return { ...state, modeChanges: [...state.modeChanges, { mode: event.mode, atMs: event.atMs }] };
    case 'switched':
      return { ...state, snoop: event.snoop, mode: state.modeChanges[event.snoop - 1]?.mode ?? state.mode };
    case 'switch-failed':
      return { ...state, wantedMode: state.mode };
    case 'held':
      return state.onHold === event.onHold ? state : { ...state, onHold: event.onHold };
    case 'end':
      return { ...state, state: 'ending', endedBecause: event.because };
    default:
      return event satisfies never;
  }
}

function joined(state: AudioState, atMs: number): AudioState {
  const calls = state.calls.map((span) => ({ ...span, fromMs: atMs }));
  return { ...state, state: 'live', liveAtMs: atMs, calls };
}

function ended(state: AudioState, event: { because: SupervisionEnd; atMs: number }): AudioState {
  if (state.state === 'ended') return state;
  const calls = state.calls.map((span) => ({ ...span, toMs: event.atMs }));
  return { ...state, state: 'ended', calls, endedBecause: event.because, endedAtMs: event.atMs };
}
