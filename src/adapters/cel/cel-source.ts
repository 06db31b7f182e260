import type { CelRow } from './cel-row.ts';

export interface CelBatch {
  rows: CelRow[];
  /** After the last of them: what `open` takes to go on from there. JSON. */
  position: unknown;
}

/** Where the journal is: a file, a table, what a collector sends. */
export interface CelSource {
  /** What is kept with a position; never holds credentials. */
  readonly of: string;
  /** What the administrator calls it, for complaints. */
  readonly setting: string;
  /** How long to wait after a `read` that found nothing. */
  readonly lookEveryMs: number;
  /** What was written that long ago has come: rows that have not are not there. */
  readonly lateMaxMs: number;
  /** Begins after a position; without one at the end, where nothing is yet. */
  open(position: unknown): void;
  /** The next rows; null when there are none now. Throws when it cannot be read, and may be asked again. */
  read(): Promise<CelBatch | null>;
  /** Lines or rows that could not be understood so far. */
  readonly bad: number;
  close(): Promise<void>;
}
