import type { PresenceFact, QueueMember } from '../../ports/telephony-facts.ts';
import { type FactOrder, isNewer, orderOf } from './newest-fact.ts';

export interface Membership extends QueueMember {
  pbx: string;
  queue: string;
}
type MemberFact = Extract<
  PresenceFact,
  { kind: 'queue-members' | 'queue-member' | 'queue-member-gone' | 'queue-pause' }
>;
interface Entry {
  /** Null for one who left: kept a while, so that a late fact does not bring him back. */
  member: Membership | null;
  from: FactOrder;
}

/** More departed members than this are forgotten, the oldest first. */
const departedMax = 1_000;

/** Who is in which queue, as the PBX says. */
export interface Memberships {
  /** Takes a fact; returns the members (as they are, or were before they left) that it changed. */
  apply(fact: MemberFact): Membership[];
  all(): Iterable<Membership>;
  get(pbx: string, queue: string, queueInterface: string): Membership | null;
  ofQueue(pbx: string, queue: string): Membership[];
  /** The queues that look at this device's state. */
  queuesUsing(pbx: string, device: string): readonly string[];
}

export function createMemberships(): Memberships {
  const queues = new Map<string, Map<string, Entry>>();
  const entriesOf = (pbx: string, queue: string) => {
    const key = `${pbx}\n${queue}`;
    const entries = queues.get(key) ?? new Map<string, Entry>();
    queues.set(key, entries);
    return entries;
  };

  /** Queues by device, made again when members come and go. */
  let byDevice: Map<string, string[]> | null = null;
  const queuesByDevice = (): Map<string, string[]> => {
    byDevice ??= new Map(
      [...Map.groupBy(allMembers(), (one) => `${one.pbx}\n${one.stateInterface ?? one.interface}`)].map(
        ([device, members]) => [device, members.map((member) => member.queue)],
      ),
    );
    return byDevice;
  };
  function* allMembers(): Iterable<Membership> {
    for (const entries of queues.values())
      for (const { member } of entries.values()) if (member) yield member;
  }

  function put(fact: MemberFact, member: QueueMember): Membership[] {
    const entries = entriesOf(fact.pbx, fact.queue);
    const entry = entries.get(member.interface);
    if (entry && !isNewer(fact, entry.from)) return [];
    const next = merged(entry?.member ?? null, { ...member, pbx: fact.pbx, queue: fact.queue });
    entries.set(member.interface, { member: next, from: orderOf(fact) });
    if (sameMember(entry?.member ?? null, next)) return [];
    byDevice = null;
    return [next];
  }

  function remove(fact: MemberFact, queueInterface: string): Membership[] {
    const entries = entriesOf(fact.pbx, fact.queue);
    const entry = entries.get(queueInterface);
    if (entry && !isNewer(fact, entry.from)) return [];
    entries.delete(queueInterface);
    entries.set(queueInterface, { member: null, from: orderOf(fact) });
    forgetDeparted(entries);
    byDevice = null;
    return entry?.member ? [entry.member] : [];
  }

  function pause(fact: Extract<MemberFact, { kind: 'queue-pause' }>): Membership[] {
    const entry = entriesOf(fact.pbx, fact.queue).get(fact.interface);
    // Who is paused is a member, even one we have not read yet; that somebody is not paused says nothing of the kind.
    if (entry ? !entry.member : !fact.paused) return [];
    const member = entry?.member ?? unknownMember(fact.interface);
    const pauseReason = fact.paused ? (fact.reason ?? (member.paused ? member.pauseReason : null)) : null;
    return put(fact, { ...member, paused: fact.paused, pauseReason });
  }

  return {
    queuesUsing: (pbx, device) => queuesByDevice().get(`${pbx}\n${device}`) ?? [],
    apply(fact) {
      switch (fact.kind) {
        case 'queue-members': {
          const present = new Set(fact.members.map((member) => member.interface));
          const left = [...entriesOf(fact.pbx, fact.queue)]
            .filter(([name, entry]) => entry.member && !present.has(name))
            .flatMap(([name]) => remove(fact, name));
          return [...left, ...fact.members.flatMap((member) => put(fact, member))];
        }
        case 'queue-member':
          return put(fact, fact.member);
        case 'queue-member-gone':
          return remove(fact, fact.interface);
        case 'queue-pause':
          return pause(fact);
        default: {
          const never: never = fact;
          throw new TypeError(`unknown fact ${String(never)}`);
        }
      }
    },
    all: allMembers,
    get: (pbx, queue, name) => queues.get(`${pbx}\n${queue}`)?.get(name)?.member ?? null,
    ofQueue: (pbx, queue) =>
      [...(queues.get(`${pbx}\n${queue}`)?.values() ?? [])].flatMap(({ member }) => member ?? []),
  };
}

/** A source that does not tell a thing does not take it away from one that did. */
function merged(before: Membership | null, now: Membership): Membership {
  if (!before) return now;
  return {
    ...now,
    stateInterface: now.stateInterface ?? before.stateInterface,
    name: now.name ?? before.name,
    penalty: now.penalty ?? before.penalty,
    static: now.static ?? before.static,
    pauseReason: now.paused ? (now.pauseReason ?? (before.paused ? before.pauseReason : null)) : null,
  };
}

const unknownMember = (name: string): QueueMember => ({
  interface: name,
  stateInterface: null,
  name: null,
  paused: false,
  pauseReason: null,
  penalty: null,
  static: null,
});

const sameMember = (a: Membership | null, b: Membership | null): boolean =>
  a !== null &&
  b !== null &&
  a.paused === b.paused &&
  a.pauseReason === b.pauseReason &&
  a.penalty === b.penalty &&
  a.static === b.static &&
  a.name === b.name &&
  a.stateInterface === b.stateInterface;

function forgetDeparted(entries: Map<string, Entry>): void {
  const departed = [...entries].filter(([, entry]) => !entry.member);
  for (const [name] of departed.slice(0, Math.max(0, departed.length - departedMax))) entries.delete(name);
}
