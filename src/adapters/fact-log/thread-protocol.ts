import type { MessagePort } from 'node:worker_threads';
import type { EventLogState, FactCounter, LegKey } from '../../ports/event-log.ts';
import type { WaitingItem, WaitingKind } from '../../ports/write-behind.ts';

/** What the server and the thread that writes the fact log say to one another. */
export interface LogThreadData {
  path: string;
  bytesMax: number;
}

/** A batch of a source, and how many of its facts came up to its end. */
export interface BatchRow extends Position {
  text: string;
}
export interface Position {
  source: number;
  through: number;
}
export interface PageRows {
  /** Counts up. */
  page: number;
  carry: { leg: string; text: string }[];
  over: readonly LegKey[];
  foldedBefore: Position[];
  /** What earlier runs left has been read, and is kept anew. */
  oldRunsGo: boolean;
}

export type Wish =
  | { kind: 'synced'; source: number; through: number }
  | { kind: 'replay' }
  | { kind: 'page'; rows: PageRows }
  | { kind: 'put'; of: WaitingKind; items: readonly WaitingItem[] }
  | { kind: 'oldest'; of: WaitingKind; limit: number }
  | { kind: 'remove'; of: WaitingKind; items: readonly WaitingItem[] }
  | { kind: 'count'; of: WaitingKind };

export type ToLog =
  | { number: number; wish: Wish }
  | { source: number; port: MessagePort; kept: FactCounter }
  | { replayed: true }
  | { stop: true };

export type FromLog =
  | { number: number; answer: unknown }
  | { number: number; failure: string }
  /** Some of what was left; `replayed` asks for more. */
  | { left: 'over' | 'facts'; texts: string[] }
  | { state: EventLogState; isIncomplete: boolean }
  | { damage: object; message: string };
