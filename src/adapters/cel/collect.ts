import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../ports/log.ts';
import { isFilePosition } from './file-source.ts';
import { type FilePosition, openFileTail } from './file-tail.ts';
import type { KeptPosition } from './kept-position.ts';

export interface Collection {
  /** The file that Asterisk writes. */
  file: string;
  /** Address of the server. */
  to: string;
  token: string;
  pbx: string;
}

const lookEveryMs = 500;
const answerDeadlineMs = 15_000;
const retryMinMs = 500;
const retryMaxMs = 15_000;
const complainEveryMs = 60_000;

/**
 * Follows the journal and sends it, until the signal. What the server has not acknowledged is sent again, for ever; the
 * place after what it has is on the disk before more is read. Only one batch is in memory at a time.
 */
export async function collectJournal(
  { file, to, token, pbx }: Collection,
  { kept, log, signal }: { kept: KeptPosition; log: Log; signal: AbortSignal },
): Promise<void> {
  const of = `file:${file} → ${to} ${pbx}`;
  const position = (await kept.load(of))?.position;
  const tail = openFileTail(file, isFilePosition(position) ? position : null);
  const address = `${to}/api/pbxs/${encodeURIComponent(pbx)}/journal`;
  let failures = 0;
  let complainedAtMs = Number.NEGATIVE_INFINITY;

  const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => {});

  async function afterFailure(error: unknown, what: string): Promise<void> {
    if (Date.now() - complainedAtMs >= complainEveryMs) {
      complainedAtMs = Date.now();
      log.warn({ err: error, pbx }, what);
    }
    const ceilingMs = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(failures++, 10));
    await pause(ceilingMs * (0.5 + Math.random() / 2));
  }

  async function send(lines: readonly string[]): Promise<void> {
    const reply = await fetch(address, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
      body: `${lines.join('\n')}\n`,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerDeadlineMs)]),
    });
    await reply.arrayBuffer();
    if (reply.status !== 204) throw new Error(`The server answers ${reply.status}`);
  }

  const save = (at: FilePosition) => kept.save({ of, position: at, aheadMs: 0 });

  async function untilSent(lines: readonly string[]): Promise<boolean> {
    for (const part of partsOf(lines)) {
      for (;;) {
        if (signal.aborted) return false;
        try {
          await send(part);
          break;
        } catch (error) {
          if (!signal.aborted) await afterFailure(error, 'The journal cannot be sent; it waits in its file');
        }
      }
    }
    if (failures > 0) log.info({ pbx }, 'The journal is sent again');
    failures = 0;
    complainedAtMs = Number.NEGATIVE_INFINITY;
    return true;
  }

  while (!signal.aborted) {
    try {
      const batch = await tail.read();
      if (!batch) await pause(lookEveryMs);
      else if (batch.lines.length === 0 || (await untilSent(batch.lines))) await save(batch.position);
    } catch (error) {
      await afterFailure(error, 'The journal cannot be read');
    }
  }
  await tail.close();
}

/** Below what a server takes in one request. */
export const bytesMax = 500_000;

function partsOf(lines: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(line) + 1;
    if (bytes + size > bytesMax && bytes > 0) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(line);
    bytes += size;
  }
  return parts;
}
