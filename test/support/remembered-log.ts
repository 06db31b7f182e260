import type { EventLog, LegKey, Page } from '../../src/ports/event-log.ts';
import type { TelephonyFact } from '../../src/ports/telephony-facts.ts';

/** An event log in memory with the rules of the real one: facts on pages, those of calls that go on kept anew. */
export class RememberedLog {
  #rows: { run: number; page: number; fact: TelephonyFact }[] = [];
  #carried: { run: number; leg: string; facts: readonly TelephonyFact[] }[] = [];
  #over: { run: number; legs: readonly LegKey[] }[] = [];
  #run = 0;
  #page = 0;

  add(fact: TelephonyFact): void {
    this.#rows.push({ run: this.#run, page: this.#page, fact });
  }

  /** The server was killed, and another run of it begins. */
  begin(reader: Parameters<EventLog['replay']>[0]): void {
    for (const { legs } of this.#over) reader.over(legs);
    reader.facts(this.#carried.flatMap(({ facts }) => facts));
    reader.facts(this.#rows.map(({ fact }) => fact));
    this.#run += 1;
    this.#page = 0;
  }

  turnPage({ carry, over }: Page): void {
    for (const { leg, facts } of carry)
      this.#carried.push({ run: this.#run, leg: leg.join('\n'), facts: structuredClone(facts) });
    const legs = new Set(over.map((leg) => leg.join('\n')));
    this.#carried = this.#carried.filter(({ leg }) => !legs.has(leg));
    this.#over.push({ run: this.#run, legs: over });
    this.#page += 1;
    const isKept = ({ run, page }: { run: number; page: number }) =>
      run === this.#run ? page >= this.#page - 1 : this.#page < 2;
    this.#rows = this.#rows.filter(isKept);
    this.#carried = this.#carried.filter(({ run }) => run === this.#run || this.#page < 2);
    this.#over = this.#over.filter(({ run }) => run === this.#run || this.#page < 2);
  }

  get size(): number {
    return this.#rows.length + this.#carried.length;
  }
}
