import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

export interface FileLock {
  /** Shared → exclusive, when nobody else shares it. False leaves it shared. */
  tryUpgrade(): boolean;
  /** Exclusive → shared; a moment without any lies between. */
  downgrade(): void;
  release(): void;
}

const pollMs = 50;
const sqliteBusy = 5;

/**
 * A lock between processes on one file, taken at once or not at all (null). It vanishes with its process, however that
 * ends. Node has no flock; SQLite's own file locks are the same thing and come with Node.
 */
export function tryLock(path: string, kind: 'shared' | 'exclusive'): FileLock | null {
  const file = new DatabaseSync(path, { timeout: 0 });
  if (!attempt(() => take(file, kind))) {
    file.close();
    return null;
  }
  return {
    tryUpgrade() {
      file.exec('rollback');
      if (attempt(() => take(file, 'exclusive'))) return true;
      take(file, 'shared');
      return false;
    },
    downgrade() {
      file.exec('rollback');
      take(file, 'shared');
    },
    release() {
      if (file.isOpen) file.close();
    },
  };
}

/** Waits for the lock; null when `waitMs` have passed. */
export async function waitForLock(
  path: string,
  kind: 'shared' | 'exclusive',
  waitMs: number,
): Promise<FileLock | null> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const lock = tryLock(path, kind);
    if (lock || Date.now() >= deadline) return lock;
    await delay(pollMs);
  }
}

function take(file: DatabaseSync, kind: 'shared' | 'exclusive'): void {
  if (kind === 'exclusive') {
    file.exec('begin exclusive');
    return;
  }
  file.exec('begin');
  // The shared lock is taken by the first read.
  file.prepare('select count(*) from sqlite_schema').get();
}

function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === sqliteBusy) return false;
    throw error;
  }
}
