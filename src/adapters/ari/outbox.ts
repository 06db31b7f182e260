import type { TelephonyFact } from '../../ports/telephony-facts.ts';

/** Facts on their way from the reader's thread to the server's. */
export interface Outbox {
  add(fact: TelephonyFact): void;
  stop(): void;
}

/** 50,000 facts are some 30 MB of text, and half a minute of a PBX with 100 calls a second. */
const factsOutMax = 50_000;
/** Waking the other thread costs more than reading an event: under load, facts of so long go together. */
const gatherMs = 10;
const lookAgainMs = 50;

export interface OutboxOptions {
  /** Sends a batch as the JSON text of its array, cheaper between threads than the objects. */
  send(text: string, facts: readonly TelephonyFact[]): void;
  /** How many facts the server has taken in all; a shared number, since an answer would wake this thread. */
  taken(): number;
  /** Called once when more than `factsMax` facts are out; the reader must stop until `onEmpty`. */
  onFull(): void;
  onEmpty(): void;
  factsMax?: number;
}

/**
 * Gathers facts into batches, and knows how many the server has not taken yet. A fact after a quiet moment, and one of
 * our own legs, which somebody is waiting for, goes at once.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { send, taken, onFull, onEmpty, factsMax = factsOutMax } = options;
  let batch: TelephonyFact[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isGoing = false;
  let lastSentAt = 0;
  let added = 0;
  let fullTimer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    isGoing = false;
    lastSentAt = performance.now();
    const facts = batch;
    batch = [];
    send(JSON.stringify(facts), facts);
  }

  function schedule(isUrgent: boolean): void {
    if (isGoing || (timer && !isUrgent)) return;
    const waitMs = isUrgent ? 0 : lastSentAt + gatherMs - performance.now();
    if (waitMs > 0) {
      timer = setTimeout(flush, waitMs);
    } else {
      isGoing = true;
      setImmediate(flush);
    }
  }

  function waitUntilEmpty(): void {
    fullTimer = setTimeout(() => {
      if (taken() < added) return waitUntilEmpty();
      fullTimer = undefined;
      onEmpty();
    }, lookAgainMs);
  }

  return {
    add(fact) {
      added += 1;
      batch.push(fact);
      schedule(fact.kind.startsWith('own-leg'));
      if (fullTimer || added - taken() <= factsMax) return;
      waitUntilEmpty();
      onFull();
    },
    stop() {
      clearTimeout(fullTimer);
      if (batch.length > 0) flush();
    },
  };
}
