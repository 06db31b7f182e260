import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { stillGood } from './sessions.repository.ts';

const checkMs = 500;
const watchedMax = 20_000;

/**
 * Tells long-lived connections that their session is over, at once when it ended here, within a second when another
 * process (the command line, another server) ended it or when it expired.
 */
export function createRevocations({ db, clock, log }: { db: Database; clock: Clock; log: Log }) {
  const watched = new Set<string>();
  const listeners = new Set<(sessionKey: string) => void>();
  const endListeners = new Set<(sessionKey: string) => void>();
  let checking = false;

  function ended(sessionKeys: Iterable<string>): void {
    for (const key of sessionKeys) {
      for (const listener of endListeners) listener(key);
      if (!watched.delete(key)) continue;
      for (const listener of listeners) listener(key);
    }
  }

  async function check(): Promise<void> {
    if (checking || watched.size === 0) return;
    checking = true;
    try {
      const keys = [...watched];
      const good = await stillGood(
        db,
        keys.map((key) => Buffer.from(key, 'hex')),
        clock.now(),
      );
      ended(keys.filter((key) => !good.has(key)));
    } catch (error) {
      // While the database is away nobody can be revoked either; the next check sees it.
      log.debug({ err: error }, 'sessions were not checked');
    } finally {
      checking = false;
    }
  }

  const timer = setInterval(() => void check(), checkMs);
  timer.unref();
  return {
    ended,
    /** From now on `onRevoked` tells when this session ends. False at the bound. */
    watch(sessionKey: string): boolean {
      if (watched.size >= watchedMax) return false;
      watched.add(sessionKey);
      return true;
    },
    /** Every session that ends before its time, watched or not. */
    onEnded(listener: (sessionKey: string) => void): void {
      endListeners.add(listener);
    },
    onRevoked(listener: (sessionKey: string) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => clearInterval(timer),
  };
}
export type Revocations = ReturnType<typeof createRevocations>;
