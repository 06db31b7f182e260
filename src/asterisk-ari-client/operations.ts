import { invalidArgument } from './errors.ts';
import type { AriOperations } from './generated/operations.ts';
import { operationTable } from './generated/operations.ts';

export type AriMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Channel or bridge variables of a request: a value, or a value whose changes are to be reported as events. */
export type AriVariables = Record<string, string | { value: string; report_events?: boolean }>;
export type NoParams = Record<string, never>;

export type AriQueryValue = string | number | boolean | readonly (string | number | boolean)[] | undefined;

export interface AriCallOptions {
  /** Deadline of this request, waiting for a free connection included. */
  timeoutMs?: number;
  signal?: AbortSignal;
}
export interface AriRequestOptions extends AriCallOptions {
  query?: Record<string, AriQueryValue>;
  /** Sent as JSON. */
  body?: unknown;
}

/** The path below /ari, percent-encoded, without query. Resolves to the parsed JSON, undefined when empty, or a Buffer. */
export type AriRequest = <T = unknown>(
  method: AriMethod,
  path: string,
  options?: AriRequestOptions,
) => Promise<T>;

export type OperationRow = readonly [
  method: AriMethod,
  path: string,
  query: readonly string[],
  body?: string,
  bodyIsWrapped?: boolean,
];
export type OperationTable = {
  [Name in keyof AriOperations]: Record<keyof AriOperations[Name], OperationRow>;
};

type Params = Record<string, unknown>;

/** One path segment: Asterisk would read an empty or dotted one as another route. */
export function encodeSegment(value: unknown): string {
  const text = String(value ?? '');
  if (/^\.{0,2}$/.test(text)) throw invalidArgument('a path parameter is empty or dots');
  return encodeURIComponent(text.toWellFormed());
}

/** Asterisk takes lists as one comma-separated value and has no way to escape a comma. */
function queryText(name: string, value: AriQueryValue): string {
  if (!Array.isArray(value)) return String(value);
  if (value.some((item) => String(item).includes(',')))
    throw invalidArgument(`a value of ${name} contains a comma`);
  return value.join(',');
}

/** `?a=1&b=2`, or nothing. Undefined values are left out. */
export function encodeQuery(query: Record<string, AriQueryValue> = {}): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        `${encodeURIComponent(name)}=${encodeURIComponent(queryText(name, value).toWellFormed())}`,
    );
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

function bindOperation(request: AriRequest, row: OperationRow) {
  const [method, template, queryNames, bodyName, bodyIsWrapped] = row;
  return async (params: Params = {}, options: AriCallOptions = {}): Promise<unknown> => {
    const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeSegment(params[name]));
    const query = Object.fromEntries(queryNames.map((name) => [name, params[name] as AriQueryValue]));
    const content = bodyName === undefined ? undefined : params[bodyName];
    const body = bodyIsWrapped && bodyName && content !== undefined ? { [bodyName]: content } : content;
    return request(method, path, { ...options, query, body });
  };
}

/** `ari.channels.originate(…)` and the rest, each a row of the generated table. */
export function bindOperations(request: AriRequest): AriOperations {
  const resources = Object.entries(operationTable).map(([resource, rows]) => {
    const bound = Object.entries(rows).map(([name, row]) => [
      name,
      bindOperation(request, row as OperationRow),
    ]);
    return [resource, Object.fromEntries(bound)];
  });
  return Object.fromEntries(resources) as AriOperations;
}
