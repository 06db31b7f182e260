/** Another server, and what it lets us know. */
export interface Member {
  readonly id: string;
  address: string;
  /** Number of what it said last. */
  n: number;
  heardAtMs: number;
  askedAtMs: number;
  readonly maps: Map<string, Map<string, unknown>>;
}
interface Change {
  name: string;
  key: string;
}

/** The other servers, and their entries. */
export class Members {
  readonly #members = new Map<string, Member>();

  /** That server, from now on known. */
  of(id: string): Member {
    const found = this.#members.get(id);
    if (found) return found;
    const made = { id, address: '', n: -1, heardAtMs: 0, askedAtMs: 0, maps: new Map() };
    this.#members.set(id, made);
    return made;
  }

  known(id: string): Member | undefined {
    return this.#members.get(id);
  }

  all(): Member[] {
    return [...this.#members.values()];
  }

  /** `value` null: it has none any more. */
  set(member: Member, name: string, key: string, value: unknown): Change {
    const map = member.maps.get(name) ?? new Map<string, unknown>();
    member.maps.set(name, map);
    if (value === null) map.delete(key);
    else map.set(key, value);
    return { name, key };
  }

  /** All it has, in place of what was known. */
  replace(member: Member, entries: Record<string, readonly [key: string, value: unknown][]>): Change[] {
    const before = this.#changesOf(member);
    member.maps.clear();
    for (const [name, pairs] of Object.entries(entries)) member.maps.set(name, new Map(pairs));
    const now = this.#changesOf(member);
    const seen = new Map([...before, ...now].map((change) => [`${change.name} ${change.key}`, change]));
    return [...seen.values()];
  }

  remove(member: Member): Change[] {
    this.#members.delete(member.id);
    return this.#changesOf(member);
  }

  *entries(name: string): Generator<[string, unknown]> {
    const told = new Set<string>();
    for (const { maps } of this.#members.values())
      for (const [key, value] of maps.get(name) ?? []) {
        if (!told.has(key)) yield [key, value];
        told.add(key);
      }
  }

  find(name: string, key: string): { server: string; value: unknown } | undefined {
    for (const { id, maps } of this.#members.values()) {
      const value = maps.get(name)?.get(key);
      if (value !== undefined) return { server: id, value };
    }
    return undefined;
  }

  #changesOf({ maps }: Member): Change[] {
    return [...maps].flatMap(([name, map]) => [...map.keys()].map((key) => ({ name, key })));
  }
}
