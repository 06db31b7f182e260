import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../ports/log.ts';

const answerMs = 3_000;
const askAgainMs = 1_000;
const sayAgainMs = 60_000;

/**
 * Settles when the administrator's own PostgreSQL answers: a server that starts before its database does waits for it,
 * and says so. A refusal (a password, no such database) is an answer. False when `stopping` settled first.
 */
export async function waitForDatabase(url: string, log: Log, stopping: Promise<void>): Promise<boolean> {
  let isStopped = false;
  const stopped = stopping.then(() => {
    isStopped = true;
  });
  let saidAtMs: number | null = null;
  while (!isStopped) {
    const failure = await whyNoAnswer(url);
    if (!failure) {
      if (saidAtMs !== null) log.warn({}, 'The database answers: the server starts');
      return true;
    }
    if (Date.now() - (saidAtMs ?? 0) >= sayAgainMs) {
      saidAtMs = Date.now();
      log.warn(
        { detail: failure.message },
        'The database (DATABASE_URL) does not answer: the server starts as soon as it does',
      );
    }
    await Promise.race([delay(askAgainMs), stopped]);
  }
  return false;
}

async function whyNoAnswer(connectionString: string): Promise<Error | null> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return null;
  } catch (error) {
    return isRefusal(error) ? null : (error as Error);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Classes 53 and 57 are of a server that has no room yet, or is starting or stopping. */
const isRefusal = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && !/^(53|57)/.test(error.code ?? '');
