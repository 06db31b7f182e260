import type { TelephonyFact } from './ports/telephony-facts.ts';

/**
 * What a PBX's newest facts say beyond its calls: its links, its phones, who is in which queue, who spies. All that
 * somebody who was not there must be told besides the facts of the calls in progress.
 */
export class StandingFacts {
  readonly #newest = new Map<string, TelephonyFact>();
  /** Legs and spies that have not ended, with when they began or were found. */
  readonly #living = new Map<string, number>();
  #heardMs = 0;

  note(fact: TelephonyFact): void {
    this.#noteLiving(fact);
    const key = keyOf(fact);
    if (key === null) return;
    const before = this.#newest.get(key);
    if (before && isOlder(fact, before)) return;
    if (fact.kind === 'queue-members') this.#forgetMembers(fact.queue);
    // The order of the map is that in which it is told.
    this.#newest.delete(key);
    this.#newest.set(key, fact);
  }

  /**
   * Links first: what was found by a resync is told before what came after it. The resync is told as if it were of now, so
   * that whoever missed the end of a leg hears that it lives no more.
   */
  all(): TelephonyFact[] {
    const facts = [...this.#newest.values()].map((fact) =>
      fact.kind === 'resynced'
        ? { ...fact, atMs: Math.max(fact.atMs, this.#heardMs), liveUniqueIds: [...this.#living.keys()] }
        : fact,
    );
    return [...facts.filter(isLink), ...facts.filter((fact) => !isLink(fact))];
  }

  /** Whether the PBX was connected when it was last heard of, as it was told. */
  link(): TelephonyFact | undefined {
    return this.all().findLast(({ kind }) => kind === 'pbx-connected' || kind === 'pbx-lost');
  }

  #noteLiving(fact: TelephonyFact): void {
    if (fact.kind === 'leg-ended' || fact.kind === 'leg-vanished') this.#living.delete(fact.uniqueId);
    else if (fact.kind === 'spy-ended') this.#living.delete(fact.spyUniqueId);
    // A journal tells of legs that ended long ago.
    if (fact.source !== 'ari') return;
    this.#heardMs = Math.max(this.#heardMs, fact.atMs);
    const begun = begunBy(fact);
    if (begun !== null) this.#living.set(begun, fact.atMs);
    if (fact.kind !== 'resynced') return;
    const found = new Set(fact.liveUniqueIds);
    for (const [id, atMs] of this.#living) if (!found.has(id) && atMs <= fact.atMs) this.#living.delete(id);
    for (const id of found) if (!this.#living.has(id)) this.#living.set(id, fact.atMs);
  }

  #forgetMembers(queue: string): void {
    for (const [key, fact] of this.#newest)
      if ((fact.kind === 'queue-member' || fact.kind === 'queue-member-gone') && fact.queue === queue)
        this.#newest.delete(key);
  }
}

/** The leg or spy that this tells the beginning of, or that it was found. */
function begunBy(fact: TelephonyFact): string | null {
  switch (fact.kind) {
    case 'leg-created':
    case 'leg-seen':
      return fact.leg.uniqueId;
    case 'spy-began':
      return fact.spy.uniqueId;
    default:
      return null;
  }
}

function keyOf(fact: TelephonyFact): string | null {
  switch (fact.kind) {
    case 'pbx-connected':
      return fact.kind;
    case 'resynced':
    case 'pbx-lost':
    case 'pbx-commands':
      return fact.kind;
    case 'ami-connected':
    case 'ami-lost':
      return 'ami';
    case 'endpoint':
    case 'device-state':
      return `${fact.kind} ${fact.device}`;
    case 'queue-members':
      return `${fact.kind} ${fact.queue}`;
    case 'queue-member':
      return `queue-member ${fact.queue} ${fact.member.interface}`;
    case 'queue-member-gone':
      return `queue-member ${fact.queue} ${fact.interface}`;
    case 'queue-pause':
    case 'wrap-up':
      return `${fact.kind} ${fact.queue} ${fact.interface}`;
    case 'agent-login':
      return `${fact.kind} ${fact.agent}`;
    case 'spy-began':
      return `spy ${fact.spy.uniqueId}`;
    case 'spy-ended':
      return `spy ${fact.spyUniqueId}`;
    default:
      return null;
  }
}

const links: readonly TelephonyFact['kind'][] = ['pbx-connected', 'resynced', 'pbx-lost', 'pbx-commands'];
const isLink = ({ kind }: TelephonyFact): boolean => links.includes(kind);

const isOlder = (one: TelephonyFact, other: TelephonyFact): boolean =>
  one.source === other.source && (one.generation - other.generation || one.sequence - other.sequence) < 0;
