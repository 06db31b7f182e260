import type { TelephonyFact } from '../../ports/telephony-facts.ts';

/** Facts on their way from the reader's thread to the server's. */
export interface Outbox {
  add(fact: TelephonyFact): void;
  /** The server has taken so many facts. */
  taken(count: number): void;
}

/** 50,000 facts are some 30 MB of text, and half a minute of a PBX with 100 calls a second. */
const factsOutMax = 50_000;

export interface OutboxOptions {
  /** Sends a batch: the JSON text of an array of facts, cheaper between threads than the objects. */
  send(text: string, count: number): void;
  /** Called once when more than `factsMax` facts are out; the reader must stop until the outbox is empty. */
  onFull(): void;
  onEmpty(): void;
  factsMax?: number;
}

/** Gathers the facts of one turn of the event loop into one batch, and knows how many the server has not taken yet. */
export function createOutbox({ send, onFull, onEmpty, factsMax = factsOutMax }: OutboxOptions): Outbox {
  let batch: TelephonyFact[] = [];
  let out = 0;
  let isFull = false;

  function flush(): void {
    const facts = batch;
    batch = [];
    send(JSON.stringify(facts), facts.length);
  }

  return {
    add(fact) {
      out += 1;
      if (batch.push(fact) === 1) setImmediate(flush);
      if (out > factsMax && !isFull) {
        isFull = true;
        onFull();
      }
    },
    taken(count) {
      out -= count;
      if (out > 0 || !isFull) return;
      isFull = false;
      onEmpty();
    },
  };
}
