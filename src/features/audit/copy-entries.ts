import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../database/database.ts';
import type { ChainedRecord } from '../../ports/audit-chain.ts';
import type { LocalAuditLog } from '../../ports/audit-log.ts';
import type { Log } from '../../ports/log.ts';
import { insertEntries } from './audit.repository.ts';

/** Brings the entries of the local log into the database, in their order, again and again until they are there. */
export interface EntryCopier {
  /** There may be new ones. */
  wake(): void;
  /** Waits until all that there were are in the database, or `limitMs` have passed; says whether they are. */
  caughtUp(limitMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

export const copiedAtOnce = 500;
const retryMsMin = 250;
const retryMsMax = 15_000;

export function createEntryCopier(deps: { db: Database; local: LocalAuditLog; log: Log }): EntryCopier {
  const { db, local, log } = deps;
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  let isAwaited = false;
  /** Null until the log has told. */
  let copied: number | null = null;
  let failures = 0;

  async function copySome(): Promise<boolean> {
    copied ??= (await local.state()).copiedSequence;
    const entries = await local.after(copied, copiedAtOnce);
    const last = entries.at(-1);
    if (!last) return false;
    await putIn(db, entries, log);
    copied = last.sequence;
    await local.markCopied(copied);
    return true;
  }

  async function run(): Promise<void> {
    while (isAwaited && !stopping.signal.aborted) {
      isAwaited = false;
      try {
        while (!stopping.signal.aborted && (await copySome())) failures = 0;
      } catch (error) {
        isAwaited = true;
        if (failures++ === 0) log.warn({ err: error }, 'Audit entries wait for the database');
        const waitMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(failures, 10));
        await delay(waitMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      }
    }
    running = null;
  }

  return {
    wake() {
      isAwaited = true;
      running ??= run();
    },
    async caughtUp(limitMs) {
      const limit = delay(limitMs, false, { ref: false });
      return await Promise.race([running?.then(() => true) ?? true, limit]);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** One that the database refuses for itself must not keep the others; verifying then finds it missing. */
async function putIn(db: Database, entries: readonly ChainedRecord[], log: Log): Promise<void> {
  try {
    await insertEntries(db, entries);
  } catch (error) {
    if (!isOfTheEntry(error)) throw error;
    for (const entry of entries) {
      await insertEntries(db, [entry]).catch((failure: unknown) => {
        if (!isOfTheEntry(failure)) throw failure;
        log.error({ err: failure, sequence: entry.sequence }, 'The database refuses an audit entry');
      });
    }
  }
}

/** Class 22 of SQLSTATE: a value that the database does not take. */
const isOfTheEntry = (error: unknown): boolean =>
  String((error as { code?: unknown } | null)?.code).startsWith('22');
