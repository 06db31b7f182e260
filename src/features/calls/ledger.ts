import { isOwnId, isOwnPhone } from '../../ports/telephony.ts';
import { localHalfOf } from './channel-name.ts';
import { type CallFact, LegFacts, mainLegOf, tiesOf } from './leg-facts.ts';

/** Legs that have to do with one another, through dials, Local wires, bridges and transfers. */
export interface Family {
  readonly pbx: string;
  readonly legs: Map<string, LegFacts>;
  /** What leads here in the ledger: unique ids, bridges, Local pairs. */
  readonly keys: Set<string>;
  /** When a fact of it was last heard, by our clock. */
  heardAtMs: number;
}

export interface Added {
  family: Family;
  /** Families that have become part of it. */
  absorbed: Family[];
}

/** Legs that ended are remembered this long (and this many), so that a late copy of their facts opens no new call. */
export const forgottenLegsMax = 50_000;
/** More facts than that about one leg are not kept: a leg in a loop must not eat the server. */
export const factsPerLegMax = 5_000;

/**
 * Facts of one PBX, kept in families. Only the grouping is remembered, and it does not depend on the order in which
 * facts came in: a family is a connected component of what its facts tie together.
 */
export class Ledger {
  readonly pbx: string;
  readonly families = new Set<Family>();
  readonly #byKey = new Map<string, Family>();
  readonly #forgotten = new Set<string>();
  #newlyForgotten: string[] = [];
  factsDropped = 0;

  constructor(pbx: string) {
    this.pbx = pbx;
  }

  /**
   * Files a fact. Returns its family, or null when it changes nothing (a copy, a leg of ours, one long forgotten).
   */
  add(fact: CallFact, heardAtMs: number): Added | null {
    const uniqueId = mainLegOf(fact);
    if (uniqueId === '' || (isOwnId(uniqueId) && !isOwnPhone(uniqueId)) || this.#forgotten.has(uniqueId))
      return null;
    const absorbed: Family[] = [];
    let family = this.#familyOf(uniqueId);
    let leg = family.legs.get(uniqueId);
    if (!leg) {
      leg = new LegFacts(uniqueId);
      family.legs.set(uniqueId, leg);
    }
    if (leg.facts.length >= factsPerLegMax) {
      this.factsDropped += 1;
      return null;
    }
    if (!leg.add(fact)) return null;
    for (const key of this.#keysOf(fact)) family = this.#join(family, key, absorbed);
    family.heardAtMs = heardAtMs;
    return { family, absorbed };
  }

  leg(uniqueId: string): LegFacts | undefined {
    return this.#byKey.get(uniqueId)?.legs.get(uniqueId);
  }

  familyOf(uniqueId: string): Family | undefined {
    return this.#byKey.get(uniqueId);
  }

  /** Removes a family for good: later facts about its legs are ignored. */
  forget(family: Family): void {
    this.#remove(family);
    for (const uniqueId of family.legs.keys()) this.#remember(uniqueId);
  }

  /**
   * Removes some ended legs of a family that lives on. What is left may fall into several families: they are returned.
   */
  trim(family: Family, uniqueIds: ReadonlySet<string>, keep: (fact: CallFact) => boolean): Family[] {
    this.#remove(family);
    const left = new Set<Family>();
    for (const [uniqueId, leg] of family.legs) {
      if (uniqueIds.has(uniqueId)) {
        this.#remember(uniqueId);
        continue;
      }
      for (const fact of leg.facts) if (keep(fact)) this.add(fact, family.heardAtMs);
      this.leg(uniqueId)?.follow(leg);
    }
    for (const uniqueId of family.legs.keys()) {
      const now = this.#byKey.get(uniqueId);
      if (now) left.add(now);
    }
    return [...left];
  }

  /** Legs of which an earlier run of the server said that they are over. */
  forgetLeg(uniqueId: string): void {
    this.#remember(uniqueId);
  }

  /** Legs forgotten since the last call. */
  takeForgotten(): string[] {
    const taken = this.#newlyForgotten;
    this.#newlyForgotten = [];
    return taken;
  }

  #keysOf(fact: CallFact): string[] {
    const keys = tiesOf(fact).filter((key) => key !== '' && !isOwnId(key) && !this.#forgotten.has(key));
    const channel = fact.kind === 'dial' ? fact.peer.channel : 'leg' in fact ? fact.leg.channel : '';
    const local = localHalfOf(channel);
    if (local) keys.push(local.pair);
    return keys;
  }

  #familyOf(key: string): Family {
    const found = this.#byKey.get(key);
    if (found) return found;
    const family: Family = { pbx: this.pbx, legs: new Map(), keys: new Set([key]), heardAtMs: 0 };
    this.families.add(family);
    this.#byKey.set(key, family);
    return family;
  }

  /** The smaller family goes into the larger one. */
  #join(family: Family, key: string, absorbed: Family[]): Family {
    const other = this.#byKey.get(key);
    if (other === family) return family;
    if (!other) {
      family.keys.add(key);
      this.#byKey.set(key, family);
      return family;
    }
    const [into, from] = other.keys.size > family.keys.size ? [other, family] : [family, other];
    for (const [uniqueId, leg] of from.legs) into.legs.set(uniqueId, leg);
    for (const moved of from.keys) {
      into.keys.add(moved);
      this.#byKey.set(moved, into);
    }
    into.heardAtMs = Math.max(into.heardAtMs, from.heardAtMs);
    this.families.delete(from);
    absorbed.push(from);
    return into;
  }

  #remove(family: Family): void {
    this.families.delete(family);
    for (const key of family.keys) this.#byKey.delete(key);
  }

  #remember(uniqueId: string): void {
    this.#forgotten.add(uniqueId);
    this.#newlyForgotten.push(uniqueId);
    if (this.#forgotten.size <= forgottenLegsMax) return;
    const oldest = this.#forgotten.values().next();
    if (!oldest.done) this.#forgotten.delete(oldest.value);
  }
}
