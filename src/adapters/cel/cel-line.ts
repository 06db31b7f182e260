import { parse } from 'csv-parse/sync';

/** One line of the journal, as far as it is used. */
export interface CelLine {
  event: string;
  /** By the PBX's clock. */
  atMs: number;
  uniqueId: string;
  channel: string;
  /** Of HANGUP: Q.850 cause and the channel (or word) that hung up; null for other events, and where it is not JSON. */
  hangup: { cause: number; source: string } | null;
}

/** Columns of the mapping in dialplan/cel_vigie.conf; what an administrator adds behind them is ignored. */
const columns = { event: 0, time: 1, uniqueId: 2, channel: 4, extra: 13 } as const;
const lineLengthMax = 64_000;

/**
 * Reads one line of `cel_custom`, whole or not: null for one that was cut, is of another mapping, or is not about a
 * channel. Times are `seconds.microseconds` (cel.conf without `dateformat`).
 */
export function parseCelLine(line: string): CelLine | null {
  if (line.length > lineLengthMax) return null;
  const cells = cellsOf(line);
  if (!cells) return null;
  const [event = '', time = '', uniqueId = '', channel = ''] = [
    cells[columns.event],
    cells[columns.time],
    cells[columns.uniqueId],
    cells[columns.channel],
  ];
  if (!/^[A-Z_]{3,40}$/.test(event) || !/^\d{9,11}\.\d{1,6}$/.test(time) || uniqueId === '') return null;
  // A line that lacks its last column was cut, or is not of this mapping.
  if (cells.length <= columns.extra || (cells.length === columns.extra + 1 && !line.endsWith('"')))
    return null;
  const hangup = event === 'HANGUP' ? hangupOf(cells[columns.extra] ?? '') : null;
  return { event, atMs: Math.round(Number(time) * 1_000), uniqueId, channel, hangup };
}

function cellsOf(line: string): string[] | null {
  try {
    const [cells] = parse(line, { relax_column_count: true, max_record_size: lineLengthMax }) as string[][];
    return cells ?? null;
  } catch {
    return null;
  }
}

/** `{"hangupcause":16,"hangupsource":"PJSIP/1001-00000001","dialstatus":"ANSWER"}` */
function hangupOf(text: string): CelLine['hangup'] {
  try {
    const { hangupcause, hangupsource } = JSON.parse(text) as {
      hangupcause?: unknown;
      hangupsource?: unknown;
    };
    const cause = Number(hangupcause);
    return {
      cause: Number.isInteger(cause) && cause >= 0 && cause <= 127 ? cause : 0,
      source: typeof hangupsource === 'string' ? hangupsource : '',
    };
  } catch {
    return null;
  }
}
