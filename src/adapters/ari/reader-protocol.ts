import type { FactCounter, FactSource } from '../../ports/event-log.ts';
import type { PbxReaderOptions } from './pbx-reader.ts';

/** What the server and the reader's thread say to one another. */
export interface ReaderData extends Pick<PbxReaderOptions, 'name' | 'ari'> {
  /** One number: how many facts the server has taken. */
  taken: FactCounter;
  /** The durable log, which is told what is read before anybody acts on it. */
  factLog: FactSource | null;
}

export type ToReader =
  | { kind: 'watch-queues'; names: readonly string[] }
  | { kind: 'need-membership'; isNeeded: boolean }
  | { kind: 'stop' };

export type FromReader =
  /** The JSON text of an array of facts. */
  | { kind: 'facts'; text: string }
  | { kind: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string };
