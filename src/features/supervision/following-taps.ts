import type { AudioMode } from '../../contract/supervisions.ts';
import type { DeviceLeg } from '../../ports/domain.ts';
import { parseOwnId, snoopLegIdOf } from './own-ids.ts';
import type { OwnOnPbx } from './session.ts';
import { later, type SessionParts, type Step } from './session-parts.ts';

/** Listening that is set on one leg of the agent's. */
export interface Tap {
  /** Number of its snoop. */
  n: number;
  uniqueId: string;
  mode: AudioMode;
  /** `armed`: ready, the supervisor does not hear it. `joined`: he does. */
  phase: 'making' | 'armed' | 'joined';
}

/** What of a tap is kept for the next run of the server. */
export type SavedTap = Pick<Tap, 'n' | 'uniqueId' | 'mode'>;

/** A leg on which listening failed this often is left alone. */
export const failuresMax = 3;
/** Until both sides of a call have brought a new snoop a frame, it gives silence: no hole where something was heard. */
const warmUpMs = 60;

/** The snoops of a supervision that follows an agent: at most one on each of his legs. */
export class FollowingTaps {
  readonly #supervisionId: string;
  readonly #parts: SessionParts;
  readonly #onChange: () => void;
  readonly #byLeg = new Map<string, Tap>();
  readonly #failures = new Map<string, number>();
  /** How many snoops there have been. */
  #made = 0;

  constructor(supervisionId: string, parts: SessionParts, onChange: () => void) {
    this.#supervisionId = supervisionId;
    this.#parts = parts;
    this.#onChange = onChange;
  }

  all(): readonly Tap[] {
    return [...this.#byLeg.values()];
  }

  of(uniqueId: string): Tap | undefined {
    return this.#byLeg.get(uniqueId);
  }

  /** Takes over those that an earlier run has left, as far as they are what it wrote down. */
  adopt(saved: readonly SavedTap[], bridgeLegIds: readonly string[], { legs }: OwnOnPbx): void {
    for (const { id } of legs) {
      const own = parseOwnId(id);
      if (own?.supervisionId === this.#supervisionId) this.#made = Math.max(this.#made, own.n);
    }
    for (const { n, uniqueId, mode } of saved) {
      const legId = snoopLegIdOf(this.#supervisionId, n);
      if (!legs.some(({ id }) => id === legId)) continue;
      const phase = bridgeLegIds.includes(legId) ? 'joined' : 'armed';
      this.#byLeg.set(uniqueId, { n, uniqueId, mode, phase });
      this.#parts.adopt(n);
    }
  }

  hasGivenUp(uniqueId: string): boolean {
    return (this.#failures.get(uniqueId) ?? 0) >= failuresMax;
  }

  /** Sets listening on the leg, not heard yet. False when it failed, or was taken back meanwhile. */
  async make({ uniqueId }: DeviceLeg, mode: AudioMode): Promise<boolean> {
    const tap = this.#next(uniqueId, mode);
    this.#byLeg.set(uniqueId, tap);
    if (!(await this.#ready(tap)).ok) return false;
    if (this.#byLeg.get(uniqueId) === tap) return true;
    await this.#parts.dropSnoop(tap.n);
    return false;
  }

  /** From here on the supervisor hears this leg. */
  async join(tap: Tap): Promise<boolean> {
    // Said before it is so: what ends it in between must not find it unheard.
    this.#set(tap, 'joined');
    const step = await this.#parts.joinSnoop(tap.n);
    if (step.ok) return this.#byLeg.get(tap.uniqueId) === tap;
    this.#failed(tap);
    return false;
  }

  /** The leg is heard in another mode, without a hole. False when it failed: then it is not heard any more. */
  async switchMode(old: Tap, mode: AudioMode): Promise<boolean> {
    const tap = this.#next(old.uniqueId, mode);
    if (!(await this.#ready(tap)).ok) return false;
    await later(warmUpMs);
    // Taken back while it was made: a call that is protected now, say.
    if (this.#byLeg.get(old.uniqueId) !== old) {
      await this.#parts.dropSnoop(tap.n);
      return false;
    }
    this.#byLeg.set(old.uniqueId, tap);
    await this.#parts.dropSnoop(old.n);
    return this.join(tap);
  }

  /** Nothing is heard of this leg any more. False when the PBX did not obey: it may still be. */
  async drop(tap: Tap): Promise<boolean> {
    if (this.#byLeg.get(tap.uniqueId) === tap) this.#byLeg.delete(tap.uniqueId);
    this.#onChange();
    return (await this.#parts.dropSnoop(tap.n)).ok;
  }

  /** Its snoop has ended, with the agent's leg or by somebody else's doing. */
  onEnded(n: number): void {
    for (const tap of this.#byLeg.values()) if (tap.n === n) this.#failed(tap);
  }

  saved(): SavedTap[] {
    return this.all().map(({ n, uniqueId, mode }) => ({ n, uniqueId, mode }));
  }

  #next(uniqueId: string, mode: AudioMode): Tap {
    this.#made += 1;
    return { n: this.#made, uniqueId, mode, phase: 'making' };
  }

  async #ready(tap: Tap): Promise<Step> {
    const step = await this.#parts.makeSnoop(tap.n, tap.uniqueId, tap.mode);
    if (step.ok) this.#set(tap, 'armed');
    else this.#failed(tap);
    return step;
  }

  #set(tap: Tap, phase: Tap['phase']): void {
    tap.phase = phase;
    this.#onChange();
  }

  #failed(tap: Tap): void {
    this.#failures.set(tap.uniqueId, (this.#failures.get(tap.uniqueId) ?? 0) + 1);
    if (this.#byLeg.get(tap.uniqueId) === tap) this.#byLeg.delete(tap.uniqueId);
    void this.#parts.dropSnoop(tap.n);
    this.#onChange();
  }
}
