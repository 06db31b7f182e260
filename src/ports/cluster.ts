import type { TelephonyFact } from './telephony-facts.ts';

/**
 * Which server answers for which PBX: reads it, records its calls, carries out commands. With one server it is this one
 * for all of them.
 */
export interface PbxHomes {
  isHere(pbx: string): boolean;
  /** Called when a PBX comes here, or has gone. Returns the way to stop. */
  onChange(listener: (pbx: string, isHere: boolean) => void): () => void;
}
export const everyPbxHere: PbxHomes = { isHere: () => true, onChange: () => () => {} };

/**
 * What each server lets the others know, by key: its own entries, and a copy of theirs, which go when their server does.
 * Values are JSON.
 */
export interface SharedEntries<Value> {
  set(key: string, value: Value): void;
  delete(key: string): void;
  /** Entries of the other servers; of a key that two have, one. */
  others(): Iterable<readonly [key: string, value: Value]>;
  /** Of another server; undefined when none has it. */
  other(key: string): Value | undefined;
  /** The server that has it; undefined when no other has. */
  serverOf(key: string): string | undefined;
  onChange(listener: (key: string) => void): () => void;
}

/** Nobody else is there. */
export function unshared<Value>(): SharedEntries<Value> {
  return {
    set() {},
    delete() {},
    others: () => [],
    other: () => undefined,
    serverOf: () => undefined,
    onChange: () => () => {},
  };
}

/** What one server says to others, once; who is not there does not hear it. */
export interface ServerNotes {
  /** `to` undefined: to all. The body is JSON. */
  send(topic: string, body: unknown, to?: string): void;
  on(topic: string, listener: (body: unknown, from: string) => void): () => void;
}
export const nobodyElse: ServerNotes = { send() {}, on: () => () => {} };

/** The facts of one PBX on their way from the server that reads it to the others. */
export interface FactFollower {
  /** In their order. What was told before is told again after a gap; folds do not mind. */
  facts(facts: readonly TelephonyFact[]): void;
  /** Records of these calls are in the database. */
  written(callIds: readonly string[]): void;
}
