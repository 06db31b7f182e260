import { isOwnId } from '../../ports/telephony.ts';
import type { LegSnapshot, SpyingLeg, TelephonyFact } from '../../ports/telephony-facts.ts';
import { isSpying, spyPlanOf } from './spy-plan.ts';

/** One who spies, and what is known of whom he hears. */
export interface Spy extends SpyingLeg {
  /** As AMI (or a snoop's name) told it last: null, nobody. Undefined: nothing was told, so that the legs must tell. */
  told: { uniqueId: string; channel: string } | null | undefined;
}
/** Who is heard: one leg; `unknown`, one of several; null, nobody now. */
export type Heard = { uniqueId: string; channel: string } | 'unknown' | null;

/** AMI may tell of a leg after ARI has told its end. */
const endedRemembered = 1_000;

/** The legs of one PBX and who spies on them, as facts tell it. */
export class Spying {
  readonly #legs = new Map<string, LegSnapshot>();
  readonly #spies = new Map<string, Spy>();
  readonly #ended = new Set<string>();
  isAmiUp = false;

  /** True when who hears whom may have changed. */
  onFact(fact: TelephonyFact): boolean {
    switch (fact.kind) {
      case 'leg-created':
      case 'leg-seen':
      case 'leg-state':
      case 'leg-dialplan':
        return this.#see(fact.leg);
      case 'leg-ended':
      case 'leg-vanished':
        return this.#forget(fact.uniqueId);
      case 'spy-began':
        if (this.#ended.has(fact.spy.uniqueId)) return false;
        this.#spies.set(fact.spy.uniqueId, { ...fact.spy, told: fact.target });
        return true;
      case 'spy-ended':
        return this.#stopped(fact.spyUniqueId);
      case 'resynced':
        return this.#keepOnly(new Set(fact.liveUniqueIds));
      case 'ami-connected':
        this.isAmiUp = true;
        return false;
      case 'ami-lost':
        this.isAmiUp = false;
        // What it would have told from now on is not told.
        for (const spy of this.#spies.values()) if (spy.via === 'chanspy') spy.told = undefined;
        return this.#spies.size > 0;
      default:
        return false;
    }
  }

  spies(): Iterable<Spy> {
    return this.#spies.values();
  }

  spy(uniqueId: string): Spy | undefined {
    return this.#spies.get(uniqueId);
  }

  leg(uniqueId: string): LegSnapshot | undefined {
    return this.#legs.get(uniqueId);
  }

  legs(): Iterable<LegSnapshot> {
    return this.#legs.values();
  }

  /** Whom the spy hears now; `before` is who it was, and still is as long as he can be. */
  heardBy(spy: Spy, before: Heard): Heard {
    if (spy.told !== undefined) return spy.told;
    const leg = this.#legs.get(spy.uniqueId);
    const plan = leg && spyPlanOf(leg);
    if (!plan || leg.state !== 'up') return null;
    const possible = [...this.#legs.values()].filter((one) => one.state === 'up' && plan.matches(one));
    const known = typeof before === 'object' && before !== null ? before.uniqueId : '';
    const [first, ...others] = possible;
    const still = possible.find(({ uniqueId }) => uniqueId === known);
    if (!first || still) return still ? target(still) : null;
    return plan.certain && others.length === 0 ? target(first) : 'unknown';
  }

  #see(leg: LegSnapshot): boolean {
    if (isOwnId(leg.uniqueId)) return false;
    this.#legs.set(leg.uniqueId, leg);
    const { uniqueId, channel } = leg;
    if (isSpying(leg)) {
      const known = this.#spies.get(uniqueId);
      if (!known) this.#spies.set(uniqueId, { uniqueId, channel, via: 'chanspy', app: '', told: undefined });
      return true;
    }
    if (this.#spies.get(uniqueId)?.told === undefined) this.#spies.delete(uniqueId);
    return this.#spies.size > 0;
  }

  /** A ChanSpy goes on waiting for its next call: only its leg's end is the end of it. */
  #stopped(uniqueId: string): boolean {
    const spy = this.#spies.get(uniqueId);
    if (spy?.via === 'snoop') this.#spies.delete(uniqueId);
    else if (spy) spy.told = null;
    return spy !== undefined;
  }

  #forget(uniqueId: string): boolean {
    this.#legs.delete(uniqueId);
    this.#ended.add(uniqueId);
    if (this.#ended.size > endedRemembered) this.#ended.delete(this.#ended.values().next().value!);
    return this.#spies.delete(uniqueId) || this.#spies.size > 0;
  }

  #keepOnly(live: ReadonlySet<string>): boolean {
    for (const id of this.#legs.keys()) if (!live.has(id)) this.#legs.delete(id);
    for (const id of this.#spies.keys()) if (!live.has(id)) this.#spies.delete(id);
    return true;
  }
}

const target = ({ uniqueId, channel }: LegSnapshot) => ({ uniqueId, channel });
