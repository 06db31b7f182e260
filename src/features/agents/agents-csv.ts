import { parse } from 'csv-parse/sync';
import { Compile } from 'typebox/compile';
import { type NewAgent, NewAgent as NewAgentSchema } from '../../contract/agents.ts';
import { AppError } from '../../contract/errors.ts';

export const importRowsMax = 5_000;
/** More problems than this are not listed: the file is another than was meant. */
const problemsMax = 100;

export interface CsvProblem {
  /** Line of the file, the heading being line 1. */
  row: number;
  column: string;
  problem: string;
}
export interface CsvAgent extends NewAgent {
  row: number;
  login: string | null;
}

const columns = [
  'name',
  'endpoint',
  'devices',
  'teams',
  'queues',
  'interfaces',
  'publicName',
  'login',
  'pbx',
] as const;
type Column = (typeof columns)[number];
const loginPattern = /^[A-Za-z0-9._@+-]{1,100}$/;
const newAgent = Compile(NewAgentSchema);

/**
 * Reads `name, endpoint or devices, teams, queues, interfaces, publicName, login, pbx` with a heading; several values of
 * one cell are separated by `|`. Comma or semicolon, with or without a byte order mark.
 * Throws `bad-csv` with every problem found (`extra.problems`).
 */
export function parseAgentsCsv(text: string): CsvAgent[] {
  const records = recordsOf(text);
  const problems: CsvProblem[] = [];
  const agents = records.map(({ row, cells }) => agentOf(row, cells, problems));
  problems.push(...repeated(agents));
  assertNoProblems(problems);
  return agents;
}

/** Throws `bad-csv` naming the first problem and holding all of them, when there is one. */
export function assertNoProblems(problems: readonly CsvProblem[]): void {
  const [first] = problems;
  if (!first) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new AppError('bad-csv', `Row ${first.row}, ${first.column}: ${first.problem}${more}`, {
    problems: problems.slice(0, problemsMax),
  });
}

function recordsOf(text: string): { row: number; cells: Partial<Record<Column, string>> }[] {
  const heading = text.slice(0, text.search(/[\r\n]|$/));
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    rows = parse(text, {
      bom: true,
      delimiter: heading.includes(';') ? ';' : ',',
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      to: importRowsMax + 2,
    }) as unknown as typeof rows;
  } catch (error) {
    throw new AppError('bad-csv', `The file cannot be read: ${(error as Error).message.slice(0, 200)}`);
  }
  const [names, ...body] = rows;
  assertHeading(names?.record ?? []);
  if (body.length === 0) throw new AppError('bad-csv', 'The file has no rows');
  if (body.length > importRowsMax)
    throw new AppError('bad-csv', `More than ${importRowsMax} rows; split the file`);
  return body.map(({ record, info }) => ({
    row: info.lines,
    cells: Object.fromEntries(names!.record.map((name, i) => [name, record[i] ?? ''])),
  }));
}

function assertHeading(names: readonly string[]): void {
  const unknown = names.filter((name) => !columns.includes(name as Column));
  const known = `The heading names columns among ${columns.join(', ')}`;
  if (unknown.length > 0) throw new AppError('bad-csv', `${known}; not «${unknown[0]!.slice(0, 50)}»`);
  if (new Set(names).size < names.length) throw new AppError('bad-csv', `${known}, each once`);
  if (!names.includes('name')) throw new AppError('bad-csv', `${known}; «name» is missing`);
  if (!names.includes('endpoint') && !names.includes('devices'))
    throw new AppError('bad-csv', `${known}; «endpoint» or «devices» is missing`);
}

function agentOf(row: number, cells: Partial<Record<Column, string>>, problems: CsvProblem[]): CsvAgent {
  const list = (column: Column): string[] | undefined =>
    cells[column] === undefined
      ? undefined
      : cells[column]
          .split('|')
          .map((value) => value.trim())
          .filter((value) => value !== '');
  const agent: NewAgent = withoutUndefined({
    name: cells.name ?? '',
    publicName: cells.publicName || undefined,
    endpoint: cells.endpoint || undefined,
    devices: list('devices'),
    teams: list('teams'),
    interfaces: list('interfaces'),
    queues: list('queues'),
    pbx: cells.pbx || undefined,
  });
  for (const error of newAgent.Errors(agent)) {
    const column = error.instancePath.split('/')[1] || 'name';
    problems.push({ row, column, problem: error.message });
  }
  if (!agent.endpoint && !agent.devices?.length)
    problems.push({ row, column: 'endpoint', problem: 'an agent needs a device' });
  if (cells.login && !loginPattern.test(cells.login))
    problems.push({ row, column: 'login', problem: 'letters, digits and . _ @ + - only' });
  return { ...agent, row, login: normalLogin(cells.login) };
}

/** Logins are kept in small letters. */
const normalLogin = (login = ''): string | null => login.normalize('NFKC').trim().toLowerCase() || null;

const withoutUndefined = <T extends object>(value: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;

function repeated(agents: readonly CsvAgent[]): CsvProblem[] {
  const first = new Map<string, number>();
  const problems: CsvProblem[] = [];
  const claim = (row: number, column: string, value: string, pbx = ''): void => {
    const key = `${column === 'login' ? 'login' : `device ${pbx}`} ${value}`;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, row);
    else if (earlier !== row)
      problems.push({ row, column, problem: `«${value}» is in row ${earlier} already` });
  };
  for (const { row, endpoint, devices, login, pbx } of agents) {
    if (endpoint) claim(row, 'endpoint', endpoint, pbx);
    for (const device of devices ?? []) claim(row, 'devices', device, pbx);
    if (login) claim(row, 'login', login);
  }
  return problems;
}
