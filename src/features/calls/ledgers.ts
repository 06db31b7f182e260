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
    let ledger = this.#ofPbx.get(fact.pbx);
    if (!ledger) {
      ledger = new Ledger(fact.pbx);
      this.#ofPbx.set(fact.pbx, ledger);
    }
    return ledger.add(fact, heardAtMs);
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
