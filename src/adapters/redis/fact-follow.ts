import { setTimeout as delay } from 'node:timers/promises';
import type { FactFollower } from '../../ports/cluster.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { type Entry, entryOf } from './fact-entries.ts';
import type { RedisKeys, RedisLink } from './redis-link.ts';

const waitMs = 500;
const entriesAtOnce = 100;
const retryMs = 200;
const begin = '0-0';

export interface FactFollow {
  start(): void;
  /** Reads what there is to the end, and then no more; for who becomes the owner himself. Rejects when Redis does not answer. */
  finish(): Promise<void>;
  stop(): Promise<void>;
}

/** Reads what the owner of a PBX tells: first all that is there, then each entry as it comes. After a gap, all that is there again. */
export function createFactFollow(deps: {
  /** For this alone: a blocking read keeps it. */
  redis: RedisLink;
  keys: RedisKeys;
  pbx: string;
  follower: FactFollower;
  log: Log;
}): FactFollow {
  const { redis, pbx, follower, log } = deps;
  const stream = deps.keys.facts(pbx);
  let position = begin;
  let fence = 0;
  let number = 0;
  /** Something that was told before may not be known here: the next snapshot is for us. */
  let knowsNothing = true;
  let isInSnapshot = false;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();

  async function read(isWaiting: boolean): Promise<Entry[]> {
    const limits = isWaiting
      ? redis.xread('COUNT', entriesAtOnce, 'BLOCK', waitMs, 'STREAMS', stream, position)
      : redis.xread('COUNT', entriesAtOnce, 'STREAMS', stream, position);
    const [found] = ((await limits) ?? []) as [key: string, entries: [string, string[]][]][];
    const raw = found?.[1] ?? [];
    const last = raw.at(-1);
    if (last) position = last[0];
    const entries = raw.map(entryOf);
    if (entries.includes(null)) log.error({ pbx, stream }, 'The stream of facts holds what no Vigie wrote');
    return entries.filter((one) => one !== null);
  }

  function take(entries: readonly Entry[]): void {
    for (const entry of entries) {
      // Of an owner that was replaced, which Redis took before it knew.
      if (entry.fence < fence) continue;
      const isNext = entry.fence > fence || entry.number === number + 1;
      const isAgain = entry.fence === fence && entry.number <= number;
      if (isAgain) continue;
      if (!isNext && entry.kind !== 'snapshot' && number > 0) {
        log.warn({ pbx }, 'Some of what another server told is missing; it is read anew');
        position = begin;
        number = 0;
        knowsNothing = true;
        return;
      }
      // What the last owner told at the end may have been lost with its Redis.
      if (entry.fence > fence) knowsNothing = true;
      fence = entry.fence;
      number = entry.number;
      hand(entry);
    }
  }

  function hand({ kind, content }: Entry): void {
    if (kind !== 'snapshot' && isInSnapshot) knowsNothing = false;
    isInSnapshot = kind === 'snapshot';
    switch (kind) {
      case 'snapshot':
        if (knowsNothing) follower.facts(content as TelephonyFact[]);
        return;
      case 'facts':
        follower.facts(content as TelephonyFact[]);
        return;
      case 'written':
        follower.written(content as string[]);
        return;
      default:
        kind satisfies never;
    }
  }

  async function follow(): Promise<void> {
    let failed = false;
    while (!isStopped) {
      try {
        take(await read(true));
        failed = false;
      } catch (error) {
        if (isStopped) return;
        if (!failed) log.warn({ err: error, pbx }, 'What another server tells cannot be read');
        failed = true;
        await delay(retryMs, undefined, { ref: false });
      }
    }
  }

  return {
    start() {
      isStopped = false;
      running = follow();
    },
    async finish() {
      isStopped = true;
      await running;
      for (let entries = await read(false); entries.length > 0; entries = await read(false)) take(entries);
    },
    async stop() {
      isStopped = true;
      await running;
    },
  };
}
