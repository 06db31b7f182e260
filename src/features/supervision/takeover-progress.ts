import { isOpen, type SessionPlan, type SessionState } from './session.ts';
import {
  memoryOf,
  startingState,
  switchedState,
  type TakeoverDeps,
  type TakeoverMemory,
  type TakeoverStart,
} from './takeover-state.ts';

/** How far a takeover has come: what is shown of it, and what it remembers for a restart. */
export class TakeoverProgress {
  readonly #deps: Pick<TakeoverDeps, 'saved'>;
  readonly #changed: () => void;
  #state: SessionState;
  #memory: TakeoverMemory;

  constructor(
    deps: Pick<TakeoverDeps, 'saved' | 'clock'>,
    plan: SessionPlan,
    start: TakeoverStart,
    changed: () => void,
  ) {
    this.#deps = deps;
    this.#changed = changed;
    this.#memory = memoryOf(start.kind === 'saved' ? start.saved.memory : {}, plan);
    const { callId } = this.#memory;
    const nowMs = deps.clock.now();
    if (start.kind === 'fresh') this.#state = startingState(start.mode, callId, plan.startedAtMs);
    else if (start.kind === 'saved') this.#state = start.saved.state;
    else this.#state = switchedState(start.state, start.mode, callId, nowMs);
  }

  get state(): SessionState {
    return this.#state;
  }

  get memory(): TakeoverMemory {
    return this.#memory;
  }

  get isOpen(): boolean {
    return isOpen(this.#state);
  }

  update(change: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changed();
  }

  /** An earlier run was ending it, and could not. */
  reopen(): void {
    if (!this.isOpen) this.#state = { ...this.#state, state: 'live' };
  }

  /** Written with the next change of what is shown. */
  note(change: Partial<TakeoverMemory>): void {
    this.#memory = { ...this.#memory, ...change };
  }

  /** Settles when it is written, or the database does not answer. */
  async remember(change: Partial<TakeoverMemory>): Promise<void> {
    this.note(change);
    this.#changed();
    await this.#deps.saved();
  }
}
