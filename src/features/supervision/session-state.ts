import type { AudioMode, SupervisionEnd, SupervisionState } from '../../contract/supervisions.ts';

/** Where one supervision stands. Times are milliseconds since the epoch. */
export interface SessionState {
  state: SupervisionState;
  /** The mode that holds now. */
  mode: AudioMode;
  /** The last mode asked for; differs from `mode` while a switch is under way. */
  wantedMode: AudioMode;
  /** One entry for each snoop made, the first included; snoop N was made for the N-th entry. */
  modeChanges: readonly { mode: AudioMode; atMs: number }[];
  /** Number of the snoop that carries `mode`. */
  snoop: number;
  onHold: boolean;
  liveAtMs: number | null;
  endedAtMs: number | null;
  endedBecause: SupervisionEnd | null;
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

export function initialState(mode: AudioMode, atMs: number, onHold: boolean): SessionState {
  return {
    state: 'starting',
    mode,
    wantedMode: mode,
    modeChanges: [{ mode, atMs }],
    snoop: 1,
    onHold,
    liveAtMs: null,
    endedAtMs: null,
    endedBecause: null,
  };
}

export const isOpen = (state: SessionState): boolean => state.state === 'starting' || state.state === 'live';

/**
 * The state after an event; the same object when the event changes nothing, so that ending twice, or joining what has ended, is fine.
 * The first reason to end is the one that stays, but `ended` may make it more exact.
 */
export function nextState(state: SessionState, event: SessionEvent): SessionState {
  if (event.kind === 'ended') return ended(state, event);
  if (!isOpen(state)) return state;
  switch (event.kind) {
    case 'joined':
      return state.state === 'live' ? state : { ...state, state: 'live', liveAtMs: event.atMs };
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

function ended(state: SessionState, event: { because: SupervisionEnd; atMs: number }): SessionState {
  if (state.state === 'ended') return state;
  return { ...state, state: 'ended', endedBecause: event.because, endedAtMs: event.atMs };
}
