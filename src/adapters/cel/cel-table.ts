import { type CelField, celFields, neededFields } from './cel-row.ts';

/** One row's columns as text, '' for those that are absent or null; the id where the table has one. */
export interface TableRow {
  id: number;
  cells: Partial<Record<CelField, string>>;
}

/** A database's own words and driver. Each query has a deadline; a connection that breaks is made anew by the next. */
export interface TableDriver {
  /** Host, port, database and table, without credentials. */
  readonly of: string;
  /** The table's name, quoted where its letters need it. */
  readonly from: string;
  /** Names of the result's columns. */
  columns(sql: string): Promise<string[]>;
  /** The values of each row, as text or null. `?` stands for a parameter. */
  query(sql: string, parameters: readonly (string | number)[]): Promise<(string | null)[][]>;
  quote(name: string): string;
  /** An expression as text. */
  text(expression: string): string;
  close(): Promise<void>;
}

export interface CelTable {
  readonly of: string;
  /** What columns there are. Throws `TableError` when it cannot be read or lacks one that is needed. */
  look(): Promise<{ hasId: boolean; columns: string[] }>;
  /** At most `rowsMax` rows with a larger id, in their order; of that time or later where one is given. */
  after(id: number, fromTime: string | null): Promise<TableRow[]>;
  /** Rows of that time or later, in their order. */
  from(time: string, rowsMax: number): Promise<TableRow[]>;
  newestId(): Promise<number | null>;
  newestTime(): Promise<string | null>;
  oldestTime(): Promise<string | null>;
  /** The newest row of that event; none without ids, where looking for it may take long. */
  newest(event: string): Promise<TableRow[]>;
  close(): Promise<void>;
}

/** What is wrong with a table, for people; it holds no credentials. */
export class TableError extends Error {}

export const rowsMax = 1_000;
/** No more of a text leaves the database than is read of it. */
const charactersMax: Partial<Record<CelField, number>> = { extra: 16_001 };
const charactersUsually = 2_000;

export function createCelTable(driver: TableDriver): CelTable {
  let columns: Map<string, string> | null = null;

  /** The table's own name of a column, which may differ in its case. With the table: a result's column of that name is text. */
  const nameOf = (field: CelField | 'id'): string => `t.${driver.quote(columns?.get(field) ?? field)}`;

  async function look() {
    const names = await driver.columns(`select * from ${driver.from} where 1 = 0`);
    const found = new Map(names.map((name) => [name.toLowerCase(), name]));
    const missing = neededFields.filter((field) => !found.has(field));
    if (missing.length > 0) throw new TableError(`The table has no column ${missing.join(', ')}`);
    columns = found;
    return { hasId: found.has('id'), columns: [...found.keys()] };
  }

  async function select(rest: string, parameters: readonly (string | number)[]): Promise<TableRow[]> {
    if (!columns) await look();
    const fields = celFields.filter((field) => columns!.has(field));
    const id = columns!.has('id') ? driver.text(nameOf('id')) : "'0'";
    const cells = fields.map(
      (field) => `left(${driver.text(nameOf(field))}, ${charactersMax[field] ?? charactersUsually})`,
    );
    const rows = await driver.query(
      `select ${[id, ...cells].join(', ')} from ${driver.from} as t ${rest}`,
      parameters,
    );
    return rows.map(([idText, ...values]) => ({
      id: numberOf(idText ?? ''),
      cells: Object.fromEntries(fields.map((field, i) => [field, values[i] ?? ''])),
    }));
  }

  async function oneOf(which: 'min' | 'max', field: 'id' | 'eventtime'): Promise<string | null> {
    if (!columns) await look();
    const value = driver.text(`${which}(${nameOf(field)})`);
    const [row] = await driver.query(`select ${value} from ${driver.from} as t`, []);
    return row?.[0] ?? null;
  }

  return {
    of: driver.of,
    look,
    after: (id, fromTime) =>
      fromTime === null
        ? select(`where ${nameOf('id')} > ? order by ${nameOf('id')} limit ${rowsMax}`, [id])
        : select(
            `where ${nameOf('id')} > ? and ${nameOf('eventtime')} >= ? order by ${nameOf('id')} limit ${rowsMax}`,
            [id, fromTime],
          ),
    from: (time, most) =>
      select(`where ${nameOf('eventtime')} >= ? order by ${nameOf('eventtime')} limit ${most}`, [time]),
    async newestId() {
      const text = await oneOf('max', 'id');
      return text === null ? null : numberOf(text);
    },
    newestTime: () => oneOf('max', 'eventtime'),
    oldestTime: () => oneOf('min', 'eventtime'),
    newest: (event) =>
      columns?.has('id')
        ? select(`where ${nameOf('eventtype')} = ? order by ${nameOf('id')} desc limit 1`, [event])
        : Promise.resolve([]),
    close: () => driver.close(),
  };
}

function numberOf(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new TableError('The column id of the table holds no whole numbers');
  return value;
}
