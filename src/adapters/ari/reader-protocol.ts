import type { PbxReaderOptions } from './pbx-reader.ts';

/** What the server and the reader's thread say to one another. */
export type ReaderData = Pick<PbxReaderOptions, 'name' | 'ari'>;

export type ToReader =
  | { kind: 'taken'; count: number }
  | { kind: 'watch-queues'; names: readonly string[] }
  | { kind: 'need-membership'; isNeeded: boolean }
  | { kind: 'stop' };

export type FromReader =
  /** The JSON text of an array of `count` facts. */
  | { kind: 'facts'; text: string; count: number }
  | { kind: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string };
