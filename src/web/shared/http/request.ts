import type { ErrorCode } from '../../../contract/errors.ts';

/** What went wrong with a request: a code of the registry, or `unreachable` when no answer came. */
export class RequestProblem extends Error {
  readonly code: ErrorCode | 'unreachable';
  readonly status: number;
  readonly body: Record<string, unknown>;
  constructor(code: ErrorCode | 'unreachable', status: number, body: Record<string, unknown> = {}) {
    super(typeof body['detail'] === 'string' ? body['detail'] : code);
    this.name = 'RequestProblem';
    this.code = code;
    this.status = status;
    this.body = body;
  }
}

const usualDeadlineMs = 15_000;

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  json?: unknown;
  text?: { type: string; content: string };
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** For what is known to take long; 15 s otherwise. */
  deadlineMs?: number;
}

/** One request to our own server, as the signed-in person. Throws `RequestProblem`; an abort stays an abort. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const deadline = AbortSignal.timeout(options.deadlineMs ?? usualDeadlineMs);
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (options.json !== undefined) headers['content-type'] = 'application/json';
  if (options.text) headers['content-type'] = options.text.type;
  let response: Response;
  try {
    response = await fetch(path, {
      method: options.method ?? 'GET',
      headers,
      body: options.json !== undefined ? JSON.stringify(options.json) : (options.text?.content ?? null),
      credentials: 'same-origin',
      signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new RequestProblem('unreachable', 0);
  }
  if (response.status === 204) return undefined as T;
  const body = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  if (response.ok && body !== null) return body as T;
  const code = typeof body?.['code'] === 'string' ? (body['code'] as ErrorCode) : null;
  throw new RequestProblem(
    code ?? (response.status >= 500 ? 'unreachable' : 'bad-request'),
    response.status,
    body ?? {},
  );
}

/** `?a=1&b=2` of what is set; empty text counts as not set. */
export function queryString(values: Record<string, string | number | null | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
