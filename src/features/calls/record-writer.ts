import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { WaitingItem, WriteBehind } from '../../ports/write-behind.ts';
import type { EndedCall } from './live-calls.ts';

export const writeLimits = {
  /** Records in one statement. */
  batch: 500,
  /** Records that wait for the database. Beyond, the oldest is let go of, counted and said: the event log still has its facts. */
  waitingMax: 50_000,
  /** While the database is away, more than these wait on this server's disk. */
  inMemoryMax: 1_000,
  retryFirstMs: 200,
  retryLastMs: 10_000,
  /** Ids known to be written; enough for all whose facts are still in memory. */
  writtenMax: 100_000,
} as const;

export interface RecordWriter {
  add(ended: EndedCall): void;
  /** Takes a record back, written or not. */
  remove(callId: string): void;
  /** Another server has written these. */
  writtenElsewhere(callIds: readonly string[]): void;
  isWritten(callId: string): boolean;
  /** Ended calls whose record is not in the database yet. */
  waiting(): readonly EndedCall[];
  /** Settles when nothing waits, or after `deadlineMs` with what could not be written. */
  drain(deadlineMs: number): Promise<number>;
  /** The database may be there again. */
  wake(): void;
  stop(): void;
  counts(): { waiting: number; written: number; dropped: number; refused: number };
}

/** Writes records in batches, one batch at a time, for as long as it takes. Safe to repeat: `save` is idempotent. */
export function createRecordWriter(deps: {
  save(batch: readonly EndedCall[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  clock: Clock;
  log: Log;
  /** Default: memory alone keeps what waits. */
  behind?: WriteBehind | undefined;
  /** Whether this server writes the records of that PBX; others wait until another has, or it does. Default: it does. */
  isOurs?: (pbx: string) => boolean;
  /** Called with ids of records that the database has now. */
  onWritten?: (callIds: readonly string[], pbx: string) => void;
}): RecordWriter {
  const { isOurs = () => true } = deps;
  const waiting = new Map<string, EndedCall>();
  const written = new Set<string>();
  const removals = new Set<string>();
  const counts = { written: 0, dropped: 0, refused: 0 };
  let retryMs: number = writeLimits.retryFirstMs;
  let timer: NodeJS.Timeout | null = null;
  let isWriting = false;
  let isStopped = false;
  /** Records that wait on the disk; some may be there from an earlier run. */
  let onDisk = 0;
  let mayBeOnDisk = deps.behind !== undefined;

  function schedule(ms: number): void {
    if (isWriting || isStopped || timer) return;
    timer = setTimeout(() => {
      timer = null;
      void write();
    }, ms);
    timer.unref();
  }

  async function write(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    try {
      while (mayBeOnDisk && !isStopped) await writeFromDisk();
      for (let batch = nextBatch(); batch.length > 0 && !isStopped; batch = nextBatch()) {
        await saveAll(batch);
        retryMs = writeLimits.retryFirstMs;
      }
      if (removals.size > 0 && !isStopped) await removeAll([...removals]);
    } catch (error) {
      const fields = { err: error, waiting: waiting.size, retryMs };
      deps.log.warn(fields, 'Call records wait for the database');
      retryMs = Math.min(retryMs * 2, writeLimits.retryLastMs);
      await keepOnDisk();
    } finally {
      isWriting = false;
    }
    if (nextBatch().length + removals.size + onDisk > 0) schedule(retryMs);
  }

  function nextBatch(): EndedCall[] {
    const batch: EndedCall[] = [];
    for (const ended of waiting.values()) {
      if (batch.length === writeLimits.batch) break;
      if (isOurs(ended.call.pbx)) batch.push(ended);
    }
    return batch;
  }

  /** Those on the disk are the oldest: they go first. */
  async function writeFromDisk(): Promise<void> {
    const items = await deps.behind!.oldest('call-record', writeLimits.batch);
    await saveAll(items.map(({ body }) => JSON.parse(body) as EndedCall));
    await deps.behind!.remove('call-record', items);
    onDisk = Math.max(0, onDisk - items.length);
    mayBeOnDisk = items.length > 0;
    if (!mayBeOnDisk) onDisk = 0;
    retryMs = writeLimits.retryFirstMs;
  }

  /** What is synced there counts as written: memory and the log of facts let go of it. */
  async function keepOnDisk(): Promise<void> {
    if (!deps.behind || waiting.size <= writeLimits.inMemoryMax) return;
    try {
      for (
        let batch = nextBatch();
        waiting.size > writeLimits.inMemoryMax / 2 && batch.length > 0;
        batch = nextBatch()
      ) {
        await deps.behind.put('call-record', batch.map(itemOf));
        mayBeOnDisk = true;
        onDisk += batch.length;
        settle(batch);
      }
    } catch (error) {
      deps.log.error({ err: error }, 'Call records cannot be kept on this disk');
    }
  }

  async function removeAll(ids: readonly string[]): Promise<void> {
    await deps.remove(ids);
    for (const id of ids) removals.delete(id);
  }

  /** A record the database refuses for what it holds must not keep the others waiting: the batch is halved to find it. */
  async function saveAll(batch: readonly EndedCall[]): Promise<void> {
    try {
      await deps.save(batch);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (batch.length === 1) {
        counts.refused += 1;
        deps.log.error({ err: error, callId: batch[0]!.call.id }, 'The database refuses a call record');
        settle(batch);
        return;
      }
      const middle = batch.length >> 1;
      await saveAll(batch.slice(0, middle));
      await saveAll(batch.slice(middle));
      return;
    }
    counts.written += batch.length;
    settle(batch);
    if (!deps.onWritten) return;
    for (const [pbx, ended] of Map.groupBy(batch, ({ call }) => call.pbx))
      deps.onWritten(
        ended.map(({ call }) => call.id),
        pbx,
      );
  }

  function settle(batch: readonly EndedCall[]): void {
    for (const ended of batch) {
      if (waiting.get(ended.call.id) === ended) waiting.delete(ended.call.id);
      written.add(ended.call.id);
    }
    trimWritten();
  }

  function trimWritten(): void {
    for (const id of written) {
      if (written.size <= writeLimits.writtenMax) break;
      written.delete(id);
    }
  }

  schedule(0);
  return {
    add(ended) {
      waiting.set(ended.call.id, ended);
      removals.delete(ended.call.id);
      if (waiting.size > writeLimits.waitingMax) {
        const oldest = waiting.keys().next();
        if (!oldest.done) waiting.delete(oldest.value);
        counts.dropped += 1;
        if (counts.dropped % 1_000 === 1)
          deps.log.error({ dropped: counts.dropped }, 'Too many call records wait for the database');
      }
      schedule(0);
    },
    remove(callId) {
      waiting.delete(callId);
      removals.add(callId);
      schedule(0);
    },
    writtenElsewhere(callIds) {
      for (const id of callIds) {
        waiting.delete(id);
        written.add(id);
      }
      trimWritten();
    },
    isWritten: (callId) => written.has(callId) && !waiting.has(callId),
    waiting: () => [...waiting.values()],
    async drain(deadlineMs) {
      const endMs = deps.clock.now() + deadlineMs;
      while (nextBatch().length + removals.size > 0 && deps.clock.now() < endMs) {
        if (!isWriting) await write();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return [...waiting.values()].filter(({ call }) => isOurs(call.pbx)).length;
    },
    wake() {
      if (timer) clearTimeout(timer);
      timer = null;
      retryMs = writeLimits.retryFirstMs;
      schedule(0);
    },
    stop() {
      isStopped = true;
      if (timer) clearTimeout(timer);
    },
    counts: () => ({ waiting: waiting.size + onDisk, ...counts }),
  };
}

const itemOf = (ended: EndedCall): WaitingItem => ({
  key: ended.call.id,
  body: JSON.stringify(onlyRecord(ended)),
});

/** Without what the fold keeps beside it. */
const onlyRecord = ({ call, agentIds, revision }: EndedCall): EndedCall => ({ call, agentIds, revision });

/** Whether the database refuses the values themselves (SQLSTATE classes 22 and 23), which no repetition changes. */
function isRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^2[23]/.test(code);
}
