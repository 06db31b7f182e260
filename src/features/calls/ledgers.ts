import type { LegKey, Page } from '../../ports/event-log.ts';
import type { LinkFact, TelephonyFact } from '../../ports/telephony-facts.ts';
import { type Added, type Family, Ledger } from './ledger.ts';
import type { CallFact } from './leg-facts.ts';
import { vanishedLegs } from './vanished-legs.ts';

/** The ledgers of all PBXs. */
export class Ledgers {
  readonly #ofPbx = new Map<string, Ledger>();
  readonly #startedAtMs = new Map<string, number>();

  /** As `Ledger.add`, in the ledger of the fact's PBX. */
  add(fact: CallFact, heardAtMs: number): Added | null {
    return this.#of(fact.pbx).add(fact, heardAtMs);
  }

  facts(pbx: string): CallFact[] {
    const families = [...(this.#ofPbx.get(pbx)?.families ?? [])];
    return families.flatMap(({ legs }) => [...legs.values()].flatMap((leg) => leg.facts));
  }

  forgetLegs(legs: readonly LegKey[]): void {
    for (const [pbx, uniqueId] of legs) this.#of(pbx).forgetLeg(uniqueId);
  }

  /** What the log must go on keeping when it turns a page. */
  turnPage(everything: boolean): Page {
    const carry: Page['carry'][number][] = [];
    const over: LegKey[] = [];
    for (const ledger of this.#ofPbx.values()) {
      for (const family of ledger.families)
        for (const leg of family.legs.values()) {
          const facts = leg.turnPage(everything);
          if (facts.length > 0) carry.push({ leg: [ledger.pbx, leg.uniqueId], facts });
        }
      for (const uniqueId of ledger.takeForgotten()) over.push([ledger.pbx, uniqueId]);
    }
    return { carry, over };
  }

  pbxConnected(fact: Extract<LinkFact, { kind: 'pbx-connected' }>): void {
    this.#startedAtMs.set(fact.pbx, fact.startedAtMs);
  }

  /** Facts to be added: legs that this resync does not find any more. */
  vanishedBy(fact: Extract<TelephonyFact, { kind: 'resynced' }>): CallFact[] {
    const ledger = this.#ofPbx.get(fact.pbx);
    return ledger ? vanishedLegs(ledger, fact, this.#startedAtMs.get(fact.pbx) ?? 0) : [];
  }

  /** Every family with its ledger; families may be forgotten on the way. */
  *families(): Generator<{ ledger: Ledger; family: Family }> {
    for (const ledger of this.#ofPbx.values()) for (const family of ledger.families) yield { ledger, family };
  }

  #of(pbx: string): Ledger {
    const found = this.#ofPbx.get(pbx);
    if (found) return found;
    const made = new Ledger(pbx);
    this.#ofPbx.set(pbx, made);
    return made;
  }

  counts(): { families: number; factsDropped: number } {
    let families = 0;
    let factsDropped = 0;
    for (const ledger of this.#ofPbx.values()) {
      families += ledger.families.size;
      factsDropped += ledger.factsDropped;
    }
    return { families, factsDropped };
  }
}
