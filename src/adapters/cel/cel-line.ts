import { recogniseColumns } from './cel-columns.ts';
import { type CelClock, type CelField, type CelRow, celRowOf } from './cel-row.ts';

const columnsMax = 100;

/**
 * Reads a line of `cel_custom`; null for one that was cut, is of another mapping, or is not about a channel. A line that
 * was cut in the middle and written on is read from where a whole one begins in it.
 */
export function parseCelLine(line: string, clock: CelClock): CelRow | null {
  const glued = [...line.matchAll(lineBegins)].at(-1);
  return rowOf(glued && glued.index > 0 ? line.slice(glued.index) : line, clock);
}

/** The event and its time are the first two columns of both known mappings. */
const lineBegins = /"[A-Z_]{3,40}","(?:\d{9,11}\.\d|\d{4}-\d\d-\d\d[ T])/g;

function rowOf(line: string, clock: CelClock): CelRow | null {
  const cells = cellsOf(line);
  if (!cells) return null;
  const columns = recogniseColumns(cells);
  // A line that lacks its last column was cut.
  if (!columns || cells.length < columns.length) return null;
  if (line.startsWith('"') && !line.endsWith('"')) return null;
  const byField: Partial<Record<CelField, string>> = {};
  columns.forEach((field, i) => {
    if (field) byField[field] = cells[i] ?? '';
  });
  return celRowOf(byField, clock);
}

/**
 * The cells of a CSV line, quoted or not; null when a quote is left open or stands where none may. By hand: one call of
 * a general CSV parser for each line of a journal costs ten times as much.
 */
export function cellsOf(line: string): string[] | null {
  const cells: string[] = [];
  for (let at = 0; cells.length < columnsMax; ) {
    if (line[at] !== '"') {
      const comma = line.indexOf(',', at);
      const cell = comma < 0 ? line.slice(at) : line.slice(at, comma);
      if (cell.includes('"')) return null;
      cells.push(cell);
      if (comma < 0) return cells;
      at = comma + 1;
      continue;
    }
    let end = line.indexOf('"', at + 1);
    while (end >= 0 && line[end + 1] === '"') end = line.indexOf('"', end + 2);
    if (end < 0) return null;
    const cell = line.slice(at + 1, end);
    cells.push(cell.includes('"') ? cell.replaceAll('""', '"') : cell);
    if (end + 1 === line.length) return cells;
    if (line[end + 1] !== ',') return null;
    at = end + 2;
  }
  return null;
}
