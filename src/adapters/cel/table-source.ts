import { setTimeout as delay } from 'node:timers/promises';
import { createCelClock } from './cel-clock.ts';
import { type CelRow, celRowOf } from './cel-row.ts';
import type { CelBatch, CelSource } from './cel-source.ts';
import type { CelTable, TableRow } from './cel-table.ts';
import { createIdReader } from './id-reader.ts';
import { createTimeReader } from './time-reader.ts';

/** How a table is read on: by ids, or by times where it has none. */
export interface TableReader {
  /** Rows after what was read, none twice; the first answer of a reader without a position holds none. Null: none now. */
  next(): Promise<TableRow[] | null>;
  /** JSON; what the next reader is made with. */
  position(): unknown;
  stop(): void;
}

const lookEveryMs = 500;
/** One query a second or two: without ids each may read much of the table. */
const lookByTimeEveryMs = 2_000;
const lateMaxMs = 2_000;
const retryMinMs = 500;
const retryMaxMs = 15_000;
const closeWaitMs = 1_000;

/** The journal as `cel_pgsql` or `cel_odbc` writes it into a database. */
export function createTableSource(table: CelTable): CelSource {
  const clock = createCelClock();
  let start: unknown = null;
  let reader: TableReader | null = null;
  let bad = 0;
  let isById = true;
  let failures = 0;
  let retryAtMs = 0;
  let failure: unknown = null;
  let isClosed = false;

  async function open(): Promise<TableReader> {
    const { hasId } = await table.look();
    isById = hasId;
    const made = hasId ? createIdReader(table, start) : createTimeReader(table, start, clock);
    // Of which zone its times are, its newest channel tells.
    const [newest] = await table.newest('CHAN_START');
    if (newest) celRowOf(newest.cells, clock);
    return made;
  }

  async function next(): Promise<CelBatch | null> {
    reader ??= await open();
    const found = await reader.next();
    start = reader.position();
    if (!found) return null;
    const rows: CelRow[] = found.flatMap(({ cells }) => celRowOf(whole(cells), clock) ?? []);
    bad += found.length - rows.length;
    return { rows, position: start };
  }

  return {
    of: table.of,
    setting: 'CEL_URL',
    get lookEveryMs() {
      return isById ? lookEveryMs : lookByTimeEveryMs;
    },
    lateMaxMs,
    get bad() {
      return bad;
    },
    open(position) {
      start = position;
    },
    async read() {
      // A database that refuses us is not asked five times a second.
      if (Date.now() < retryAtMs) throw failure;
      try {
        const batch = await next();
        failures = 0;
        return batch;
      } catch (error) {
        if (isClosed) return null;
        reader?.stop();
        reader = null;
        failure = error;
        const ceilingMs = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(failures++, 10));
        retryAtMs = Date.now() + ceilingMs * (0.5 + Math.random() / 2);
        throw error;
      }
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      reader?.stop();
      // A query that hangs holds nothing up.
      await Promise.race([table.close(), delay(closeWaitMs, undefined, { ref: false })]);
    },
  };
}

/** JSON longer than its column was cut by the database; of such a row all else holds. */
function whole(cells: TableRow['cells']): TableRow['cells'] {
  const { extra = '' } = cells;
  return extra.startsWith('{') && !extra.endsWith('}') ? { ...cells, extra: '' } : cells;
}
