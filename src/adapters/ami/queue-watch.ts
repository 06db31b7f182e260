import type { Clock } from '../../ports/clock.ts';
import type { FactStamp } from '../../ports/fact-stamp.ts';
import type { FactBody, QueueMember } from '../../ports/telephony-facts.ts';
import type { AmiConnection } from './ami-connection.ts';
import { amiFactOf, eventTimeMs } from './ami-facts.ts';
import type { AmiMessage } from './ami-wire.ts';
import { factsOfQueueStatus, readAgents, readQueueStatus, readWrapUpSeconds } from './queue-status.ts';
import { createWrapUpTeller } from './wrap-up-teller.ts';

export interface QueueWatchOptions {
  stamp: FactStamp;
  clock: Clock;
  emit(body: FactBody, atMs: number): void;
}

/** What one connection's events and readings say of the queues. */
export interface QueueWatch {
  takeEvent(event: AmiMessage): void;
  /** Everything anew; only what differs from the last reading becomes a fact. Throws AmiError. */
  readAll(connection: AmiConnection): Promise<void>;
}

export function createQueueWatch({ stamp, clock, emit }: QueueWatchOptions): QueueWatch {
  const wrapUps = createWrapUpTeller(stamp);
  const abandoned = new Set<string>();
  const known = createKnownMembers();
  let lastReading = new Set<string>();

  /** Asterisk reports who gives up twice: QueueCallerAbandon, then QueueCallerLeave. */
  function isSecondLeave(body: FactBody): boolean {
    if (body.kind !== 'queue-caller-left') return false;
    if (!body.abandoned) return abandoned.delete(body.uniqueId);
    abandoned.add(body.uniqueId);
    return false;
  }

  function tellWrapUp(member: AmiMessage): void {
    const body = wrapUps.of(member);
    if (body) emit(body, stamp.pbxNowMs());
  }

  async function learnClock(connection: AmiConnection): Promise<void> {
    const beforeMs = clock.now();
    const pbxMs = eventTimeMs((await connection.request('Ping')).response);
    if (pbxMs) stamp.learnClock(pbxMs, beforeMs, clock.now());
  }

  return {
    takeEvent(event) {
      const body = amiFactOf(event);
      if (body && !isSecondLeave(body) && known.isNews(body))
        emit(body, eventTimeMs(event) ?? stamp.pbxNowMs());
      if (event.get('Event') === 'QueueMemberStatus') tellWrapUp(event);
    },
    async readAll(connection) {
      await learnClock(connection);
      // Who leaves while the lists are on their way has left after them.
      const atMs = stamp.pbxNowMs();
      const status = await readQueueStatus(connection);
      // At once, before the next event is read: what the list says is older than any event after it.
      const facts = [...factsOfQueueStatus(status), ...(await readAgents(connection))];
      for (const body of facts) known.isNews(body);
      const reading = new Map(facts.map((body) => [JSON.stringify(body), body]));
      for (const [key, body] of reading) if (!lastReading.has(key)) emit(body, atMs);
      lastReading = new Set(reading.keys());
      wrapUps.setQueues(await readWrapUpSeconds(connection, status.members.keys()));
      for (const member of [...status.members.values()].flat()) tellWrapUp(member);
    },
  };
}

interface KnownMembers {
  /** Notes what the fact says of members; false when all of it was known. */
  isNews(body: FactBody): boolean;
}

/** Every change of a device's state repeats its members' whole rows, in each of their queues. */
function createKnownMembers(): KnownMembers {
  const rows = new Map<string, string>();
  const note = (queue: string, member: QueueMember): boolean => {
    const key = `${queue}\n${member.interface}`;
    const row = JSON.stringify(member);
    const isNew = rows.get(key) !== row;
    rows.set(key, row);
    return isNew;
  };
  return {
    isNews(body) {
      if (body.kind === 'queue-member') return note(body.queue, body.member);
      if (body.kind === 'queue-member-gone') rows.delete(`${body.queue}\n${body.interface}`);
      if (body.kind === 'queue-members') for (const member of body.members) note(body.queue, member);
      return true;
    },
  };
}
