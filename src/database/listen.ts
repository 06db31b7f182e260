import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../ports/log.ts';

const connectTimeoutMs = 3_000;
const retryMs = 500;
const pingMs = 15_000;

/**
 * Calls `onNotice` with what each NOTIFY of the channel says, and with null after each connection since one may have been
 * missed. Connects again for ever. Settles at once.
 */
export function listenTo(o: {
  url: string;
  channel: string;
  log: Log;
  onNotice: (said: string | null) => void;
}): {
  close(): Promise<void>;
} {
  const stopped = new AbortController();
  const running = (async () => {
    while (!stopped.signal.aborted) {
      await listenOnce(o, stopped.signal).catch((error: unknown) => {
        o.log.warn({ err: error, channel: o.channel }, 'database notices were lost; connecting again');
      });
      await delay(retryMs, undefined, { signal: stopped.signal, ref: false }).catch(() => {});
    }
  })();
  return {
    close: async () => {
      stopped.abort();
      await running;
    },
  };
}

/** One connection; settles when it ends, rejects when it fails. */
async function listenOnce(
  o: { url: string; channel: string; onNotice: (said: string | null) => void },
  signal: AbortSignal,
): Promise<void> {
  const client = new pg.Client({
    connectionString: o.url,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: connectTimeoutMs,
    application_name: 'vigie-notices',
  });
  const ended = new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('end', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  ended.catch(() => {});
  // A link that was cut without a word shows itself at the next ping.
  const ping = setInterval(() => {
    client.query('select 1').catch((error: Error) => client.emit('error', error));
  }, pingMs);
  ping.unref();
  try {
    await client.connect();
    client.on('notification', ({ payload }) => o.onNotice(payload ?? ''));
    await client.query(`listen ${client.escapeIdentifier(o.channel)}`);
    o.onNotice(null);
    await ended;
  } finally {
    clearInterval(ping);
    await client.end().catch(() => {});
  }
}
