import type { Log } from '../../ports/log.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import { type EntryKind, factsInEntryMax } from './fact-entries.ts';
import type { RedisKeys, RedisLink } from './redis-link.ts';

/** Facts that wait while Redis is away; beyond, they are let go of, and everything is told anew when it is back. */
export const factsWaitingMax = 20_000;
/** Entries of the stream; the oldest go first. Snapshots trim it long before, as a rule. */
const entriesMax = 200_000;
const gatherMs = 5;
const retryMs = 250;
/** How often everything is told anew, so that who comes can begin there and what is older can go. */
export const snapshotEveryMs = 30_000;

/** What a publisher has not told yet. */
export interface Unsent {
  facts: readonly TelephonyFact[];
  written: readonly string[];
}

export interface FactPublisherDeps {
  redis: RedisLink;
  keys: RedisKeys;
  pbx: string;
  /** Of this term of ownership. */
  fence: number;
  log: Log;
  /** Of this server's term before, which Redis forgot: told after the first snapshot. */
  unsent?: Unsent;
  /** All that somebody who knows nothing must be told. */
  snapshot(): readonly TelephonyFact[];
  /** Another server owns the PBX: nothing more is taken. */
  onFenced(): void;
}

/** Tells the other servers what the owner of a PBX reads. Never waits, never throws. */
export interface FactPublisher {
  add(fact: TelephonyFact): void;
  written(callIds: readonly string[]): void;
  unsent(): Unsent;
  /** Settles when all that was added is told, or after the time with what Redis did not take left out. */
  stop(deadlineMs: number): Promise<void>;
}

/** Appends unless an owner with a larger fencing number has come. */
const appendScript = `
local fence = redis.call('GET', KEYS[2])
if fence and tonumber(fence) > tonumber(ARGV[1]) then return 'FENCED' end
return redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[5], '*', 'f', ARGV[1], 'n', ARGV[2], 'k', ARGV[3], 't', ARGV[4])`;

export function createFactPublisher(deps: FactPublisherDeps): FactPublisher {
  const { redis, pbx, fence, log } = deps;
  const stream = deps.keys.facts(pbx);
  let waiting = [...(deps.unsent?.facts ?? [])];
  let written = [...(deps.unsent?.written ?? [])];
  let number = 0;
  let needsSnapshot = true;
  let isStopped = false;
  let isFenced = false;
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<void> | null = null;
  const renewing = setInterval(() => {
    needsSnapshot = true;
    schedule(0);
  }, snapshotEveryMs).unref();

  function schedule(ms: number): void {
    if (timer || sending || isFenced) return;
    timer = setTimeout(() => {
      timer = null;
      sending = sendAll().finally(() => {
        sending = null;
        if (hasMore()) schedule(failedLast ? retryMs : 0);
      });
    }, ms).unref();
  }
  const hasMore = () =>
    !isFenced && !isStopped && (waiting.length > 0 || written.length > 0 || needsSnapshot);
  let failedLast = false;

  async function sendAll(): Promise<void> {
    try {
      if (needsSnapshot) await sendSnapshot();
      while (waiting.length > 0 && !isFenced) {
        const batch = waiting.slice(0, factsInEntryMax);
        await append('facts', batch);
        waiting = waiting.slice(batch.length);
      }
      if (written.length > 0 && !isFenced) {
        const ids = written;
        await append('written', ids);
        written = written.slice(ids.length);
      }
      failedLast = false;
    } catch (error) {
      if (!failedLast) log.warn({ err: error, pbx }, 'The other servers cannot be told what happens');
      failedLast = true;
    }
  }

  /** What waits is a part of it, and told again after it, which does no harm. */
  async function sendSnapshot(): Promise<void> {
    needsSnapshot = false;
    try {
      const facts = deps.snapshot();
      let first: string | null = null;
      for (let at = 0; at === 0 || at < facts.length; at += factsInEntryMax) {
        const id = await append('snapshot', facts.slice(at, at + factsInEntryMax));
        first ??= id;
      }
      if (first !== null && !isFenced) await redis.xtrim(stream, 'MINID', first);
    } catch (error) {
      needsSnapshot = true;
      throw error;
    }
  }

  async function append(kind: EntryKind, content: readonly unknown[]): Promise<string | null> {
    // The same number again is known from the time before, should only the answer have been lost.
    const text = JSON.stringify(content);
    const keys = [stream, deps.keys.fence(pbx)];
    const id = (await redis.eval(
      appendScript,
      2,
      ...keys,
      fence,
      number + 1,
      kind,
      text,
      entriesMax,
    )) as string;
    if (id !== 'FENCED') {
      number += 1;
      return id;
    }
    isFenced = true;
    waiting = [];
    deps.onFenced();
    return null;
  }

  schedule(0);
  return {
    add(fact) {
      if (isFenced || isStopped) return;
      waiting.push(fact);
      if (waiting.length > factsWaitingMax) {
        waiting = [];
        needsSnapshot = true;
      }
      schedule(gatherMs);
    },
    written(callIds) {
      if (isFenced || isStopped || callIds.length === 0) return;
      written.push(...callIds);
      if (written.length > factsWaitingMax) written = written.slice(-factsWaitingMax);
      schedule(gatherMs);
    },
    unsent: () => ({ facts: waiting, written }),
    async stop(deadlineMs) {
      clearInterval(renewing);
      if (timer) clearTimeout(timer);
      timer = null;
      const last = (async () => {
        await sending;
        if (waiting.length + written.length > 0) await sendAll();
      })();
      await Promise.race([last, new Promise((late) => setTimeout(late, deadlineMs).unref())]);
      isStopped = true;
    },
  };
}
