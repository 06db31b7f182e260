import { randomUUID } from 'node:crypto';
import type { EventLogState, FactCounter } from '../../ports/event-log.ts';
import type { SentBatch } from '../../ports/fact-sender.ts';
import { isDamage, type LogFile, openLogFile } from './log-file.ts';
import { readLeft, type TellLeft } from './read-left.ts';
import { saveWaiting, setAside } from './set-aside.ts';

export interface LogKeeperOptions {
  path: string;
  bytesMax: number;
  onState(state: EventLogState, isIncomplete: boolean): void;
  onDamage(fields: object, message: string): void;
  /** Default: the file on the disk. */
  open?: typeof openLogFile;
}

/** The log's file and what waits to be written to it. On the log's own thread. */
export interface LogKeeper {
  add(sent: { source: number; kept: FactCounter; batch: SentBatch }): void;
  /** Settles when the source's facts up to there are synced; rejects when they cannot be now. */
  synced(source: number, through: number): Promise<void>;
  /** Tells what earlier runs left, piece by piece; says how many pieces were damaged. */
  replay(tell: TellLeft): Promise<{ damaged: number }>;
  /** Throws what the file says; it is opened anew for who comes next. */
  use<T>(act: (file: LogFile) => T): T;
  close(): void;
}

type Sent = Parameters<LogKeeper['add']>[0];

/** Sources gather for 10 ms themselves: what was read is on the disk within some 20 ms. */
const gatherMs = 10;
const batchesMax = 200;
/** A disk that refused is tried again after that. */
export const retryMs = 1_000;
/** What may wait in memory for a disk that does not write; the oldest is let go of beyond. */
export const pendingBytesMax = 64 * 1024 * 1024;

export function createLogKeeper(options: LogKeeperOptions): LogKeeper {
  const run = randomUUID();
  const { open: openFile = openLogFile } = options;
  const counters = new Map<number, FactCounter>();
  const waiters = new Set<{
    source: number;
    through: number;
    settle: (failure?: Error) => void;
  }>();
  let file: LogFile | null = null;
  let pending: Sent[] = [];
  let pendingBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let isIncomplete = false;
  let state: EventLogState = { state: 'fine', detail: null, sinceMs: Date.now(), lost: 0, damaged: 0 };

  function change(changed: Partial<EventLogState>): void {
    const now = { ...state, ...changed };
    if (now.state !== state.state) now.sinceMs = Date.now();
    state = now;
    options.onState(state, isIncomplete && state.state === 'fine');
    if (state.state === 'fine') isIncomplete = false;
  }

  function damaged(fields: object, message: string): void {
    options.onDamage(fields, message);
    change({ damaged: state.damaged + 1 });
  }

  function open(): LogFile {
    if (file) return file;
    const opening = { ...options, run, onDamage: damaged };
    try {
      file = openFile(opening);
    } catch (error) {
      if (!isDamage(error)) throw error;
      startAnew(error);
    }
    return file!;
  }

  /** A file that is none any more is kept for who wants to look at it; what can be read of it has been. */
  function startAnew(error: unknown): void {
    const kept = file ? saveWaiting(file) : [];
    close();
    const aside = setAside(options.path);
    file = openFile({ ...options, run, onDamage: damaged });
    for (const { kind, items } of kept) file.put(kind, items);
    damaged({ err: error, aside }, 'The fact log is damaged: it was set aside, and a new one begun');
    isIncomplete = true;
    change({});
  }

  function close(): void {
    const closing = file;
    file = null;
    try {
      closing?.close();
    } catch {
      // It has failed already, and that was said.
    }
  }

  function use<T>(act: (file: LogFile) => T): T {
    try {
      return act(open());
    } catch (error) {
      if (file && isDamage(error)) startAnew(error);
      else close();
      throw error;
    }
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const writing = pending;
    if (writing.length === 0) return;
    try {
      use((opened) => opened.append(writing.map(({ source, batch }) => ({ source, ...batch }))));
    } catch (error) {
      fail(error);
      return;
    }
    pending = [];
    pendingBytes = 0;
    for (const sent of writing) settled(sent);
    for (const waiter of waiters) if (isSynced(waiter)) waiter.settle();
    if (state.state === 'failing') change({ state: 'fine', detail: null });
  }

  function fail(error: unknown): void {
    let lost = 0;
    while (pendingBytes > pendingBytesMax) {
      const sent = pending.shift()!;
      pendingBytes -= sent.batch.text.length;
      lost += sent.batch.count;
      settled(sent);
    }
    if (lost > 0) isIncomplete = true;
    const detail = error instanceof Error ? error.message : String(error);
    for (const waiter of waiters) waiter.settle(new Error(detail));
    if (lost > 0 || state.state === 'fine' || state.detail !== detail)
      change({ state: 'failing', detail, lost: state.lost + lost });
    timer = setTimeout(flush, retryMs);
  }

  function settled({ source, kept, batch }: Sent): void {
    Atomics.store(kept, 0, BigInt(batch.through));
    counters.set(source, kept);
  }

  function isSynced({ source, through }: { source: number; through: number }): boolean {
    const kept = counters.get(source);
    return kept !== undefined && Number(Atomics.load(kept, 0)) >= through;
  }

  return {
    add(sent) {
      const { batch } = sent;
      pending.push(sent);
      pendingBytes += batch.text.length;
      if (batch.lost > 0) {
        isIncomplete = true;
        change({ lost: state.lost + batch.lost });
      }
      if (state.state === 'fine' && pending.length >= batchesMax) flush();
      else if (state.state === 'failing' && pendingBytes > pendingBytesMax) flush();
      else timer ??= setTimeout(flush, gatherMs);
    },
    async synced(source, through) {
      if (isSynced({ source, through })) return;
      if (state.state === 'failing') throw new Error(state.detail ?? 'the disk does not write');
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const waiter = {
        source,
        through,
        settle: (failure?: Error) => (failure ? reject(failure) : resolve()),
      };
      waiters.add(waiter);
      return await promise.finally(() => waiters.delete(waiter));
    },
    async replay(tell) {
      const before = state.damaged;
      const broken = await readLeft(open().pieces, tell, damaged);
      if (broken) startAnew(broken);
      return { damaged: state.damaged - before };
    },
    use,
    close() {
      flush();
      clearTimeout(timer);
      close();
    },
  };
}
