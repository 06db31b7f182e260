import type { QueueMember } from '../../ports/telephony-facts.ts';
import type { ReadFunction } from './helper-channel.ts';

/**
 * Names that may stand inside EVAL(…), which evaluates what it is given: nothing that could end an expression or begin
 * another. Names come from the PBX and from people; any other is left out of batches.
 */
const safeName = /^[\p{L}\p{N}_.@/:+*#= -]{1,200}$/u;
/** Asterisk reads request lines of 4,096 bytes; percent-encoding triples what is not a letter. */
const batchCharsMax = 2400;
const separator = '|';

/** The members of each of these queues now; queues that do not exist are missing from the answer. */
export async function readMembership(
  read: ReadFunction,
  queues: readonly string[],
): Promise<Map<string, QueueMember[]>> {
  const safe = queues.filter((queue) => safeName.test(queue));
  const exist = await readAll(
    read,
    safe.map((queue) => `QUEUE_EXISTS(${queue})`),
  );
  const existing = safe.filter((_, i) => exist[i] === '1');
  const lists = await readAll(
    read,
    existing.map((queue) => `QUEUE_MEMBER_LIST(${queue})`),
  );
  const members = existing.flatMap((queue, i) =>
    (lists[i] ?? '')
      .split(',')
      .filter((name) => safeName.test(name))
      .map((name) => ({ queue, interface: name })),
  );
  const paused = await readAll(
    read,
    members.map((m) => `QUEUE_MEMBER(${m.queue},paused,${m.interface})`),
  );
  const penalty = await readAll(
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

/** The values of these functions in their order, in as few requests as possible. */
async function readAll(read: ReadFunction, functions: readonly string[]): Promise<string[]> {
  const values: string[] = [];
  for (const batch of batchesOf(functions)) {
    const text = await read(`EVAL(${batch.map((one) => `\${${one}}`).join(separator)})`);
    const parts = text.split(separator);
    if (parts.length !== batch.length)
      throw new Error('the PBX’s answer on queues is not of the expected form');
    values.push(...parts);
  }
  return values;
}

function batchesOf(functions: readonly string[]): string[][] {
  const batches: string[][] = [];
  let chars = batchCharsMax;
  for (const one of functions) {
    const size = encodeURIComponent(`\${${one}}${separator}`).length;
    if (chars + size > batchCharsMax) {
      batches.push([]);
      chars = 0;
    }
    batches.at(-1)?.push(one);
    chars += size;
  }
  return batches;
}
