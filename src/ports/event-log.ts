import type { TelephonyFact } from './telephony-facts.ts';

/** The durable local log of facts: appended before they are acted on, survives `kill -9`, trimmed by the reader. */
export interface EventLog {
  /** Durable when the promise settles (synced in batches). */
  append(facts: readonly TelephonyFact[]): Promise<void>;
  /** Every fact not yet trimmed, oldest first. */
  replay(onFact: (fact: TelephonyFact) => void): Promise<void>;
  trim(beforeMs: number): Promise<void>;
  close(): Promise<void>;
}
