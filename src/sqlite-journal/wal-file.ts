import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

const headerBytes = 32;
const frameHeaderBytes = 24;

/**
 * How many frames the journal holds that were written since it last began anew, the last perhaps in part. Null when there
 * is no journal: the log was closed. (SQLite's file format, section 4: the salts of a frame are those of the header.)
 */
export function walFrames(path: string): number | null {
  let file: number;
  try {
    if (statSync(path).size <= headerBytes) return null;
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const header = Buffer.alloc(headerBytes);
    readSync(file, header, 0, headerBytes, 0);
    const salts = header.subarray(16, 24);
    const frameBytes = frameHeaderBytes + header.readUInt32BE(8);
    const frame = Buffer.alloc(frameHeaderBytes);
    for (let count = 0; ; count++) {
      const read = readSync(file, frame, 0, frameHeaderBytes, headerBytes + count * frameBytes);
      if (read < 16 || !frame.subarray(8, 16).equals(salts)) return count;
    }
  } finally {
    closeSync(file);
  }
}

/** Of those frames, how many SQLite found to belong to no finished record. To be asked right after opening. */
export function unfinishedFrames(db: DatabaseSync, before: number): number {
  const { log } = db.prepare('pragma wal_checkpoint(passive)').get() as { log: number };
  return Math.max(0, before - log);
}
