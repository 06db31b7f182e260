import type { FactCounter, FactSource } from './event-log.ts';

/** A batch on its way to the log. */
export interface SentBatch {
  /** The JSON text of an array of facts. */
  text: string;
  count: number;
  /** How many facts were read in all, these and those that no record depends on included. */
  through: number;
  /** Facts since the batch before that were not sent, since the log did not keep up. */
  lost: number;
}

/** The log is given up on for a moment when it is that far behind; 100,000 facts are some 60 MB. */
export const factsUnkeptMax = 100_000;

export interface FactSender {
  /** `count` facts were read; `text` is null when no record depends on any of them. Never waits. */
  send(count: number, text: string | null): void;
}

/** Sends what was read to the log, and leaves out what a log that hangs could not take: reading goes on. */
export function createFactSender(
  { port, kept }: FactSource,
  { unkeptMax = factsUnkeptMax }: { unkeptMax?: number } = {},
): FactSender {
  let through = 0;
  let sentThrough = 0;
  let lost = 0;
  return {
    send(count, text) {
      through += count;
      if (text === null) return;
      if (sentThrough - keptOf(kept) > unkeptMax) {
        lost += count;
        return;
      }
      sentThrough = through;
      port.postMessage({ text, count, through, lost } satisfies SentBatch);
      lost = 0;
    },
  };
}

const keptOf = (counter: FactCounter): number => Number(Atomics.load(counter, 0));
