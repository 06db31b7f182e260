import { existsSync, mkdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../contract/errors.ts';
import type { ChainedRecord } from '../../ports/audit-chain.ts';
import type { LocalAuditLog, LocalAuditState } from '../../ports/audit-log.ts';
import { type Clock, systemClock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { openSigningKey, publicKeyOf, type SigningKey } from './signing-key.ts';
import type { FromWriter, ToWriter, Wish, WriterData } from './writer-protocol.ts';

export interface AuditLogOptions {
  dataDir: string;
  log: Log;
  /** For looking only: nothing is made, nothing is written. */
  readOnly?: boolean;
  clock?: Clock;
  /** Of one verb. */
  waitMs?: number;
}

/** A disk that hangs must not keep a click waiting for ever. */
const waitMsMax = 5_000;
/** Of a purge, which removes much. */
const purgeWaitMsMax = 600_000;
export const writesWaitingMax = 10_000;

/** Where the log is in DATA_DIR. */
export const auditFiles = (dataDir: string) => ({
  folder: join(dataDir, 'audit'),
  log: join(dataDir, 'audit', 'log.db'),
  key: join(dataDir, 'audit', 'key.pem'),
});

/** The audit log in DATA_DIR. Nothing is opened before the first verb, so that a damaged one stops no start. */
export function createAuditLog({
  dataDir,
  log,
  readOnly = false,
  clock = systemClock,
  waitMs = waitMsMax,
}: AuditLogOptions): LocalAuditLog {
  const files = auditFiles(dataDir);
  const asked = new Map<number, { settle(message: FromWriter): void }>();
  let thread: Worker | null = null;
  let key: SigningKey | null = null;
  let lastNumber = 0;
  let isClosed = false;

  function openKey(): SigningKey {
    if (key) return key;
    makeFolders(files.folder);
    key = openSigningKey(files.key);
    return key;
  }

  function openThread(): Worker {
    if (thread) return thread;
    const publicKey = readOnly ? publicKeyOf(files.key) : openKey().publicKey;
    const startedAt = new Date(clock.now()).toISOString();
    const workerData: WriterData = { path: files.log, publicKey, readOnly, startedAt };
    const file = new URL(`./writer-thread${extname(import.meta.filename)}`, import.meta.url);
    const made = new Worker(file, { execArgv: [], workerData });
    thread = made;
    made.on('message', (message: FromWriter) => {
      if ('damage' in message) log.error(message.damage, message.message);
      else asked.get(message.number)?.settle(message);
    });
    made.on('error', (error) => log.error({ err: error }, 'The writer of the audit log failed'));
    made.on('exit', () => {
      if (thread === made) thread = null;
      for (const [number, { settle }] of asked) settle({ number, failure: 'its writer ended' });
    });
    return made;
  }

  async function ask<T>(wish: Wish, limitMs = waitMs): Promise<T> {
    if (isClosed) throw unavailable('it is closed');
    if (asked.size >= writesWaitingMax) throw unavailable('too much waits for the disk');
    const number = ++lastNumber;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const timer = setTimeout(() => settle({ number, failure: `no answer in ${limitMs} ms` }), limitMs);
    function settle(message: FromWriter): void {
      clearTimeout(timer);
      asked.delete(number);
      if ('answer' in message) resolve(message.answer as T);
      else reject(unavailable('failure' in message ? message.failure : ''));
    }
    asked.set(number, { settle });
    try {
      openThread().postMessage({ number, wish } satisfies ToWriter);
    } catch (error) {
      settle({ number, failure: (error as Error).message });
    }
    return promise;
  }

  return {
    append: (record) => ask<ChainedRecord>({ kind: 'append', record }),
    probe: async () => void (await ask({ kind: 'probe' })),
    after: (sequence, limit) => ask<ChainedRecord[]>({ kind: 'after', sequence, limit }),
    state: () => ask<LocalAuditState>({ kind: 'state' }),
    markCopied: async (sequence) => void (await ask({ kind: 'copied', sequence })),
    async sign(checkpoint) {
      try {
        return openKey().sign(checkpoint);
      } catch (error) {
        throw unavailable((error as Error).message);
      }
    },
    purge: async (checkpoint) => void (await ask({ kind: 'purge', checkpoint }, purgeWaitMsMax)),
    async close() {
      isClosed = true;
      const ending = thread;
      if (!ending) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.postMessage({ stop: true } satisfies ToWriter);
      await ended;
    },
  };
}

/** Not Node's `recursive`, which turns in circles for ever where nothing can be made (`/proc/…`). */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function unavailable(detail: string): AppError {
  const failure = new AppError('audit-unavailable');
  failure.cause = new Error(`the audit log on this disk: ${detail}`);
  return failure;
}
