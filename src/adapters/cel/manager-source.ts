import { createCelClock } from './cel-clock.ts';
import { type CelField, type CelRow, celFields, celRowOf } from './cel-row.ts';
import type { CelSource } from './cel-source.ts';

/** Events that nobody has taken yet are let go of beyond that. */
export const eventsMax = 50_000;

export interface ManagerSource extends CelSource {
  /** An event of the manager, its texts by the names of `celFields`. */
  take(cells: Readonly<Record<string, string>>): void;
}

/** The journal as `cel_manager` tells it, to who is there: nothing is kept, and nothing is read on after an absence. */
export function createManagerSource(): ManagerSource {
  const clock = createCelClock();
  let rows: CelRow[] = [];
  let bad = 0;
  return {
    of: 'manager',
    setting: 'AMI_HOST',
    lookEveryMs: 100,
    lateMaxMs: 2_000,
    get bad() {
      return bad;
    },
    open() {},
    take(cells) {
      const known = Object.fromEntries(celFields.map((field) => [field, cells[field] ?? '']));
      const row = celRowOf(known as Record<CelField, string>, clock);
      // In whole seconds an end would come before what it ends: such events do not count.
      const isExact = /\.\d/.test(cells['eventtime'] ?? '');
      if (!row || !isExact || rows.length >= eventsMax) bad += 1;
      else rows.push(row);
    },
    async read() {
      if (rows.length === 0) return null;
      const batch = rows;
      rows = [];
      // No place to go on from.
      return { rows: batch, position: null };
    },
    async close() {},
  };
}
