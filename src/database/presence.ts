import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { AppError } from '../contract/errors.ts';
import type { Log } from '../ports/log.ts';

/** Whether the database answers, looked at every half second on a connection of its own. */
export interface DatabasePresence {
  readonly isAway: boolean;
  readonly sinceMs: number;
  /** Called when it goes and when it comes back. Returns the way to stop. */
  onChange(listener: (isAway: boolean) => void): () => void;
  /**
   * The work's own outcome, or `database-unavailable` as soon as the database is known to be away: a click is refused or
   * goes on without it at once, and waits for no deadline of a statement.
   */
  guard<T>(work: () => Promise<T>): Promise<T>;
  /** Before that it counts as there. */
  start(url: string, log: Log): void;
  stop(): Promise<void>;
}

const lookEveryMs = 500;
const answerMs = 1_000;
/** A busy machine misses one answer now and then. */
const silencesMax = 2;

export function createDatabasePresence(): DatabasePresence {
  const listeners = new Set<(isAway: boolean) => void>();
  const waiting = new Set<(failure: AppError) => void>();
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let isAway = false;
  let sinceMs = Date.now();

  function change(now: boolean, log: Log): void {
    if (now === isAway) return;
    isAway = now;
    sinceMs = Date.now();
    if (now) log.warn({}, 'The database is away: records are kept on this server’s disk');
    else log.info({}, 'The database is back');
    if (now) for (const refuse of [...waiting]) refuse(unavailable());
    for (const listener of listeners) listener(now);
  }

  async function look(url: string, log: Log): Promise<void> {
    let silences = 0;
    let client: pg.Client | null = null;
    while (!stopping.signal.aborted) {
      try {
        client ??= await connect(url);
        await client.query('select 1');
        silences = 0;
        change(false, log);
      } catch (error) {
        silences += isSilence(error) ? 1 : silencesMax;
        if (silences >= silencesMax) {
          client?.end().catch(() => {});
          client = null;
          change(true, log);
        }
      }
      await delay(lookEveryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
    client?.end().catch(() => {});
  }

  return {
    get isAway() {
      return isAway;
    },
    get sinceMs() {
      return sinceMs;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    guard<T>(work: () => Promise<T>): Promise<T> {
      if (isAway) return Promise.reject(unavailable());
      return new Promise<T>((resolve, reject) => {
        waiting.add(reject);
        work()
          .then(resolve, reject)
          .finally(() => waiting.delete(reject));
      });
    },
    start(url, log) {
      running = look(url, log);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
    application_name: 'vigie-presence',
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** No word at all, as of one that is frozen; what answers with a refusal is known to be away. */
const isSilence = (error: unknown): boolean => /timeout/i.test(error instanceof Error ? error.message : '');

const unavailable = (): AppError => new AppError('database-unavailable');
