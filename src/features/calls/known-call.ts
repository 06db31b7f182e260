import type { DeviceLeg } from '../../ports/domain.ts';
import type { FoldedCall } from './call-fold.ts';
import type { Family } from './ledger.ts';

/** A call in memory: as last folded, and how far its record is. */
export interface Known {
  folded: FoldedCall;
  family: Family;
  devices: ReadonlyMap<string, DeviceLeg>;
  endedHeardAtMs: number | null;
  /** The revision last handed to the writer. */
  recordedRevision: number;
}

export const isLive = ({ folded }: Known): boolean => folded.call.endedAt === null;
