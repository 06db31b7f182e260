import { setTimeout as delay } from 'node:timers/promises';
import type { CelTable, TableRow } from './cel-table.ts';
import type { TableReader } from './table-source.ts';

interface IdPosition {
  id: number;
  /** The time of the last row read, as the database says it: what is older was read, should the ids begin anew. */
  time: string | null;
}

/** An id that is missing between two others may still come: its writer was slower. After that long it never will. */
export const holeWaitMs = 2_000;
const holeLookEveryMs = 100;
/** How often a table that tells nothing new is asked whether it was emptied. */
const emptiedEveryMs = 10_000;

/** Reads a table on by its ids, which its writers count up. */
export function createIdReader(table: CelTable, start: unknown): TableReader {
  let at: IdPosition | null = isIdPosition(start) ? start : null;
  let isFresh = at === null;
  /** Ids up to this are no longer waited for. */
  let ripeId = 0;
  /** The ids began anew: of what has a smaller id, rows from here on are new. */
  let fromTime: string | null = null;
  let emptiedLookMs = 0;
  let isStopped = false;

  async function begin(): Promise<TableRow[] | null> {
    const id = (await table.newestId()) ?? 0;
    at = { id, time: await table.newestTime() };
    return [];
  }

  /** Rows up to the first missing id that may still come. */
  async function withoutHoles(found: TableRow[], lastId: number): Promise<TableRow[]> {
    const untilMs = Date.now() + holeWaitMs;
    let rows = found;
    let most: number | null = null;
    while (!isStopped) {
      const whole = wholeUntil(rows, lastId, ripeId);
      if (whole > 0 || rows.length === 0) return rows.slice(0, whole);
      most ??= await table.newestId();
      await delay(holeLookEveryMs);
      if (Date.now() >= untilMs) ripeId = Math.max(ripeId, most ?? 0);
      rows = await table.after(lastId, fromTime);
    }
    return [];
  }

  /** A table that was emptied counts from one again; what is in it now came after. */
  async function wasEmptied(lastId: number): Promise<boolean> {
    if (Date.now() - emptiedLookMs < emptiedEveryMs) return false;
    emptiedLookMs = Date.now();
    const newest = await table.newestId();
    return newest !== null && newest < lastId;
  }

  return {
    async next() {
      if (isFresh) {
        isFresh = false;
        return begin();
      }
      const { id, time } = at!;
      const rows = await withoutHoles(await table.after(id, fromTime), id);
      const last = rows.at(-1);
      if (last) {
        at = { id: last.id, time: last.cells.eventtime || time };
        return rows;
      }
      if (!(await wasEmptied(id))) return null;
      fromTime = time;
      ripeId = 0;
      at = { id: 0, time };
      return [];
    },
    position: () => at,
    stop() {
      isStopped = true;
    },
  };
}

/** How many of the rows follow one another, but for ids that are no longer waited for. */
function wholeUntil(rows: readonly TableRow[], lastId: number, ripeId: number): number {
  let expected = lastId + 1;
  for (const [i, { id }] of rows.entries()) {
    if (id !== expected && id > ripeId) return i;
    expected = id + 1;
  }
  return rows.length;
}

function isIdPosition(value: unknown): value is IdPosition {
  const { id, time } = (value ?? {}) as Partial<IdPosition>;
  return Number.isSafeInteger(id) && (time === null || typeof time === 'string');
}
