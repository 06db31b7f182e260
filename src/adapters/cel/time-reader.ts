import { createHash } from 'node:crypto';
import { type CelClock, celRowOf } from './cel-row.ts';
import { type CelTable, rowsMax, type TableRow } from './cel-table.ts';
import type { TableReader } from './table-source.ts';

interface TimePosition {
  /** As the database says it. */
  time: string;
}
interface Seen {
  time: string;
  atMs: number;
  hash: string;
}

/** Rows may be written that much later than others of a later time. */
export const overlapMs = 5_000;
export const seenMax = 20_000;

/** Reads a table without ids on by its times: a little of what was read is read again, and left out. */
export function createTimeReader(table: CelTable, start: unknown, clock: CelClock): TableReader {
  let from = isTimePosition(start) ? start.time : null;
  let isFresh = from === null;
  let seen: Seen[] = [];

  const seenOf = (row: TableRow): Seen => ({
    time: row.cells.eventtime ?? '',
    atMs: celRowOf(row.cells, clock)?.atMs ?? 0,
    hash: createHash('sha1').update(JSON.stringify(row.cells)).digest('base64'),
  });

  /** The same row may rightly be there more than once. */
  function notSeen(rows: readonly TableRow[]): TableRow[] {
    const left = new Map<string, number>();
    for (const { hash } of seen) left.set(hash, (left.get(hash) ?? 0) + 1);
    return rows.filter((row) => {
      const one = seenOf(row);
      const times = left.get(one.hash) ?? 0;
      if (times > 0) left.set(one.hash, times - 1);
      else seen.push(one);
      return times === 0;
    });
  }

  function forget(): void {
    const newestMs = seen.reduce((most, { atMs }) => Math.max(most, atMs), 0);
    seen = seen.filter(({ atMs }) => atMs >= newestMs - overlapMs).slice(-seenMax);
    const oldest = seen.reduce<Seen | null>(
      (least, one) => (least && least.atMs <= one.atMs ? least : one),
      null,
    );
    if (oldest) from = oldest.time;
  }

  return {
    async next() {
      from ??= isFresh ? await table.newestTime() : await table.oldestTime();
      if (from === null) {
        // Empty: all that comes is new.
        isFresh = false;
        return null;
      }
      const fresh = notSeen(await table.from(from, rowsMax + seen.length));
      forget();
      if (isFresh) {
        isFresh = false;
        return [];
      }
      return fresh.length > 0 ? fresh : null;
    },
    position: () => (from === null ? null : ({ time: from } satisfies TimePosition)),
    stop() {},
  };
}

function isTimePosition(value: unknown): value is TimePosition {
  return typeof (value as Partial<TimePosition> | null)?.time === 'string';
}
