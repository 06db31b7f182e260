import type { MessagePort } from 'node:worker_threads';
import type { FactKind, TelephonyFact } from './telephony-facts.ts';

/**
 * The durable log of facts on this server's own disk. Every fact that can change a record is synced within some 20 ms of
 * being read, whatever the server is busy with; it goes once Postgres holds what became of it. A server that was killed
 * reads it again and knows its calls.
 *
 * The live board and the records may run ahead of the sync: a record is whole by itself, written under its call's key,
 * and a fold that saw less, or saw no end, never replaces one that saw more. What waited for the disk would be late.
 */
export interface EventLog {
  /**
   * For a source of facts on a thread of its own, which sends its batches by the port (`createFactSender`); `taken` is how
   * many facts the server has taken from it.
   */
  openSource(taken: FactCounter): FactSource;
  /** A fact read on the server's own thread. To be called before it is acted on; never waits. */
  add(fact: TelephonyFact): void;
  /** Settles when all that was added here so far is synced; rejects when the log does not serve. */
  synced(): Promise<void>;
  /** What an earlier run of the server has left: first the legs that are over, then facts, oldest first. */
  replay(reader: ReplayReader): Promise<Replayed>;
  /**
   * To be called now and then. Lets go of what the server had taken when this was called the time before; of that,
   * `carry` is kept, until its leg is among `over`.
   */
  turnPage(page: Page): void;
  state(): EventLogState;
  /** Called when the state changes, and when facts were lost that only memory still has. Returns the way to stop. */
  onChange(listener: (change: { state: EventLogState; isIncomplete: boolean }) => void): () => void;
  close(): Promise<void>;
}

/** Shared between threads: how many facts, in all. */
export type FactCounter = BigInt64Array<SharedArrayBuffer>;
export interface FactSource {
  port: MessagePort;
  /** How many of the facts that it was sent the log has dealt with. */
  kept: FactCounter;
}

/** By PBX and unique id. */
export type LegKey = readonly [pbx: string, uniqueId: string];
export interface Page {
  carry: readonly { leg: LegKey; facts: readonly TelephonyFact[] }[];
  over: readonly LegKey[];
}
export interface ReplayReader {
  over(legs: readonly LegKey[]): void;
  facts(facts: readonly TelephonyFact[]): void;
}
export interface Replayed {
  facts: number;
  /** Pieces of the log that could not be read; each was said. */
  damaged: number;
}
export interface EventLogState {
  /** `failing`: the disk is full or does not write; facts wait in memory and are tried again. */
  state: 'fine' | 'failing';
  detail: string | null;
  sinceMs: number;
  /** Facts that a kill would have lost, since they found no room; they may have been written since. */
  lost: number;
  /** Pieces found damaged by this run. */
  damaged: number;
}

/** Whether some record depends on facts of this kind. */
export const isKept = ({ kind }: Pick<TelephonyFact, 'kind'>): boolean => keptKinds[kind];

const keptKinds: Record<FactKind, boolean> = {
  'leg-created': true,
  'leg-seen': true,
  'leg-state': true,
  'leg-dialplan': true,
  'leg-identity': true,
  'leg-ended': true,
  'leg-vanished': true,
  'leg-hold': true,
  'leg-app-ended': true,
  dial: true,
  'bridge-entered': true,
  'bridge-left': true,
  'blind-transfer': true,
  'attended-transfer': true,
  'queue-caller-joined': true,
  'pbx-connected': true,
  resynced: true,
  // A supervisor's leg may be a party to a call.
  'own-leg-ended': true,
  'own-leg-ready': false,
  'own-leg-ringing': false,
  endpoint: false,
  'device-state': false,
  'queue-pause': false,
  'queue-members': false,
  'queue-member': false,
  'queue-member-gone': false,
  'queue-caller-left': false,
  'wrap-up': false,
  'agent-login': false,
  'spy-began': false,
  'spy-ended': false,
  'pbx-lost': false,
  'ami-connected': false,
  'ami-lost': false,
  'pbx-commands': false,
};
