import type { QueueMember } from '../../ports/telephony-facts.ts';
import { readFunctions, safeName } from './function-batches.ts';
import type { ReadFunction } from './helper-channel.ts';

/** The members of each of these queues now; queues that do not exist are missing from the answer. */
export async function readMembership(
  read: ReadFunction,
  queues: readonly string[],
): Promise<Map<string, QueueMember[]>> {
  const safe = queues.filter((queue) => safeName.test(queue));
  const exist = await readFunctions(
    read,
    safe.map((queue) => `QUEUE_EXISTS(${queue})`),
  );
  const existing = safe.filter((_, i) => exist[i] === '1');
  const lists = await readFunctions(
    read,
    existing.map((queue) => `QUEUE_MEMBER_LIST(${queue})`),
  );
  const members = existing.flatMap((queue, i) =>
    (lists[i] ?? '')
      .split(',')
      .filter((name) => safeName.test(name))
      .map((name) => ({ queue, interface: name })),
  );
  const paused = await readFunctions(
    read,
    members.map((m) => `QUEUE_MEMBER(${m.queue},paused,${m.interface})`),
  );
  const penalty = await readFunctions(
    read,
    members.map((m) => `QUEUE_MEMBER(${m.queue},penalty,${m.interface})`),
  );
  const result = new Map<string, QueueMember[]>(existing.map((queue) => [queue, []]));
  members.forEach(({ queue, interface: name }, i) => {
    result.get(queue)?.push(memberOf(name, paused[i] === '1', Number.parseInt(penalty[i] ?? '', 10)));
  });
  return result;
}

function memberOf(name: string, paused: boolean, penalty: number): QueueMember {
  return {
    interface: name,
    stateInterface: null,
    name: null,
    paused,
    pauseReason: null,
    penalty: Number.isNaN(penalty) ? null : penalty,
    static: null,
  };
}
