import type { FactCounter, FactSource } from '../../ports/event-log.ts';
import type { PbxReaderOptions, ReaderNeeds } from './pbx-reader.ts';
import type { ThreadReply, ThreadRequest } from './thread-requests.ts';

/** What the server and the reader's thread say to one another. */
export interface ReaderData extends Pick<PbxReaderOptions, 'name' | 'ari'> {
  /** One number: how many facts the server has taken. */
  taken: FactCounter;
  /** The durable log, which is told what is read before anybody acts on it. */
  factLog: FactSource | null;
  /** One number, which grows as long as the thread gets on. */
  beats: Int32Array<SharedArrayBuffer>;
}

export type ToReader =
  | { kind: 'watch-queues'; names: readonly string[] }
  | { kind: 'need'; needs: ReaderNeeds }
  | ThreadRequest
  | { kind: 'stop' };

export type FromReader =
  | ThreadReply
  /** The JSON text of an array of facts. */
  | { kind: 'facts'; text: string }
  | { kind: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string };

/** How often the thread's number grows; a thread that misses so many is ended, and begun anew. */
export const readerBeatEveryMs = 250;
export const readerBeatsMissedMax = 6;
