import { mkdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import {
  type EventLog,
  type EventLogState,
  type FactCounter,
  isKept,
  type LegKey,
  type Page,
  type ReplayReader,
} from '../../ports/event-log.ts';
import { createFactSender } from '../../ports/fact-sender.ts';
import type { Log } from '../../ports/log.ts';
import type { TelephonyFact } from '../../ports/telephony-facts.ts';
import type { WaitingItem, WriteBehind } from '../../ports/write-behind.ts';
import type { FromLog, LogThreadData, PageRows, Position, ToLog, Wish } from './thread-protocol.ts';

export interface FactLogOptions {
  dataDir: string;
  log: Log;
  /** Of the file. When it is full nothing more is kept, which is said, until the database has taken something. */
  bytesMax?: number;
}

/** Some 700,000 call records, or hours of facts. */
const logBytesMax = 4 * 1024 ** 3;
const waitMsMax = 10_000;
const replayWaitMsMax = 600_000;
const gatherMs = 5;
const batchFactsMax = 500;
/** Facts of earlier runs are kept anew by the second page. */
const pagesUntilOldRunsGo = 2;

/** Where the log is in DATA_DIR. */
export const factLogFile = (dataDir: string): string => join(dataDir, 'facts', 'log.db');

/** The fact log in DATA_DIR, and beside it what waits for the database. Written on a thread of its own. */
export function createFactLog({
  dataDir,
  log,
  bytesMax = logBytesMax,
}: FactLogOptions): EventLog & WriteBehind {
  const path = factLogFile(dataDir);
  const thread = startThread({ path, bytesMax });
  const asked = new Map<number, (message: Extract<FromLog, { number: number }>) => void>();
  const listeners = new Set<Parameters<EventLog['onChange']>[0]>();
  const taken = new Map<number, FactCounter>();
  let state: EventLogState = { state: 'fine', detail: null, sinceMs: Date.now(), lost: 0, damaged: 0 };
  let onLeft: (left: 'over' | 'facts', texts: string[]) => void = () => {};
  let lastNumber = 0;
  let lastSource = 0;
  let foldedBefore: Position[] = [];
  let page = 0;
  let isReplayed = false;
  let unturned: Pick<PageRows, 'carry' | 'over'> = { carry: [], over: [] };
  const say = (message: ToLog, transfer: Parameters<Worker['postMessage']>[1] = []) =>
    thread.postMessage(message, transfer);

  thread.on('message', (message: FromLog) => {
    if ('number' in message) asked.get(message.number)?.(message);
    else if ('left' in message) onLeft(message.left, message.texts);
    else if ('damage' in message) log.error(message.damage, message.message);
    else tell(message.state, message.isIncomplete);
  });
  thread.on('error', (error) => {
    log.error({ err: error }, 'The writer of the fact log failed');
    tell({ ...state, state: 'failing', detail: error.message, sinceMs: Date.now() }, false);
  });
  thread.on('exit', () => {
    for (const [number, settle] of asked) settle({ number, failure: 'its writer ended' });
  });

  function tell(now: EventLogState, isIncomplete: boolean): void {
    if (now.state !== state.state)
      log[now.state === 'fine' ? 'info' : 'error'](
        { detail: now.detail, lost: now.lost },
        now.state === 'fine' ? 'The fact log is written again' : 'The fact log cannot be written',
      );
    state = now;
    for (const listener of listeners) listener({ state, isIncomplete });
  }

  function ask<T>(wish: Wish, limitMs = waitMsMax): Promise<T> {
    const number = ++lastNumber;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const settle = (message: Extract<FromLog, { number: number }>) => {
      clearTimeout(timer);
      asked.delete(number);
      if ('answer' in message) resolve(message.answer as T);
      else reject(new Error(`The fact log: ${message.failure}`));
    };
    const timer = setTimeout(() => settle({ number, failure: `no answer in ${limitMs} ms` }), limitMs);
    timer.unref();
    asked.set(number, settle);
    say({ number, wish });
    return promise;
  }

  function openSource(counter: FactCounter) {
    const { port1, port2 } = new MessageChannel();
    const kept: FactCounter = new BigInt64Array(new SharedArrayBuffer(8));
    const source = ++lastSource;
    taken.set(source, counter);
    say({ source, port: port2, kept }, [port2]);
    return { source, port: port1, kept };
  }

  const own = createOwnSource(openSource);

  return {
    openSource(counter) {
      const { port, kept } = openSource(counter);
      return { port, kept };
    },
    add: own.add,
    synced: async () => {
      const through = own.flush();
      if (through > 0) await ask({ kind: 'synced', source: own.source, through });
    },
    async replay(reader) {
      let facts = 0;
      onLeft = (left, texts) => {
        facts += readTexts(reader, left, texts);
        // Whoever else waits for this thread is served in between.
        setImmediate(() => say({ replayed: true }));
      };
      const { damaged } = await ask<{ damaged: number }>({ kind: 'replay' }, replayWaitMsMax);
      isReplayed = true;
      return { facts, damaged };
    },
    turnPage({ carry, over }) {
      own.flush();
      page += isReplayed ? 1 : 0;
      const rows: PageRows = {
        page,
        carry: [...unturned.carry, ...carry.map(textOf)],
        over: [...unturned.over, ...over],
        foldedBefore,
        oldRunsGo: page >= pagesUntilOldRunsGo,
      };
      foldedBefore = [...taken].map(([source, counter]) => ({
        source,
        through: Number(Atomics.load(counter, 0)),
      }));
      unturned = { carry: [], over: [] };
      ask({ kind: 'page', rows }).catch((error: unknown) => {
        unturned = { carry: [...rows.carry, ...unturned.carry], over: [...rows.over, ...unturned.over] };
        log.warn({ err: error }, 'The fact log could not be shortened');
      });
    },
    state: () => state,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    put: async (of, items) => void (await ask({ kind: 'put', of, items })),
    oldest: (of, limit) => ask<WaitingItem[]>({ kind: 'oldest', of, limit }),
    remove: async (of, items) => void (await ask({ kind: 'remove', of, items })),
    count: (of) => ask<number>({ kind: 'count', of }),
    async close() {
      if (thread.threadId === -1) return;
      own.flush();
      const ended = new Promise((resolve) => thread.once('exit', resolve));
      say({ stop: true });
      await ended;
    },
  };
}

function startThread(workerData: LogThreadData): Worker {
  mkdirSync(dirname(workerData.path), { recursive: true, mode: 0o700 });
  const file = new URL(`./log-thread${extname(import.meta.filename)}`, import.meta.url);
  return new Worker(file, { execArgv: [], workerData });
}

/** Facts read on this thread are folded as soon as they are added. */
function createOwnSource(
  open: (taken: FactCounter) => { source: number } & Parameters<typeof createFactSender>[0],
) {
  const taken: FactCounter = new BigInt64Array(new SharedArrayBuffer(8));
  const { source, ...to } = open(taken);
  const sender = createFactSender(to);
  let batch: TelephonyFact[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sent = 0;

  /** How many facts were sent in all. */
  function flush(): number {
    clearTimeout(timer);
    timer = undefined;
    if (batch.length === 0) return sent;
    sent += batch.length;
    sender.send(batch.length, JSON.stringify(batch));
    Atomics.store(taken, 0, BigInt(sent));
    batch = [];
    return sent;
  }

  return {
    source,
    flush,
    add(fact: TelephonyFact): void {
      if (!isKept(fact)) return;
      batch.push(fact);
      if (batch.length >= batchFactsMax) flush();
      else timer ??= setTimeout(flush, gatherMs);
    },
  };
}

const textOf = ({ leg, facts }: Page['carry'][number]) => ({
  leg: JSON.stringify(leg),
  text: JSON.stringify(facts),
});

function readTexts(reader: ReplayReader, left: 'over' | 'facts', texts: readonly string[]): number {
  let count = 0;
  for (const text of texts) {
    if (left === 'over') reader.over(JSON.parse(text) as LegKey[]);
    else {
      const facts = (JSON.parse(text) as TelephonyFact[]).filter(isKept);
      count += facts.length;
      reader.facts(facts);
    }
  }
  return count;
}
