import { existsSync, renameSync } from 'node:fs';
import { type WaitingItem, type WaitingKind, waitingKinds } from '../../ports/write-behind.ts';
import { isDamage, type LogFile } from './log-file.ts';

/** Renames a damaged log with its journal; the new name. */
export function setAside(path: string): string {
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(':', '')}`;
  for (const end of ['', '-wal', '-shm'])
    if (existsSync(path + end)) renameSync(path + end, `${aside}${end}`);
  return aside;
}

const waitingMax = 1_000_000;

/** What waits for the database, as far as it can be read. */
export function saveWaiting(file: LogFile): { kind: WaitingKind; items: WaitingItem[] }[] {
  return waitingKinds.map((kind) => {
    try {
      return { kind, items: file.oldest(kind, waitingMax) };
    } catch (error) {
      if (!isDamage(error)) throw error;
      return { kind, items: [] };
    }
  });
}
