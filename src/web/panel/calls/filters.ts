import type { CallFilters } from '../../../contract/calls.ts';
import { queryString } from '../../shared/http/request.ts';

/** The filters as the page's address holds them: days in the reader's zone, everything else as the API names it. */
export interface CallsView {
  /** `YYYY-MM-DD`, first and last day shown; null: no limit. */
  fromDay: string | null;
  toDay: string | null;
  agent: string | null;
  queue: string | null;
  team: string | null;
  state: string | null;
  reason: string | null;
  direction: string | null;
  q: string;
}

const names = ['agent', 'queue', 'team', 'state', 'reason', 'direction'] as const;
const dayPattern = /^\d{4}-\d{2}-\d{2}$/;

export function readView(params: URLSearchParams, today: string): CallsView {
  const day = (name: string) => {
    const value = params.get(name);
    return value !== null && dayPattern.test(value) ? value : null;
  };
  const anyDay = params.has('days');
  const rest = Object.fromEntries(names.map((name) => [name, params.get(name)]));
  return {
    ...(rest as Pick<CallsView, (typeof names)[number]>),
    fromDay: day('fromDay') ?? (anyDay ? null : today),
    toDay: day('toDay') ?? (anyDay ? null : today),
    q: params.get('q') ?? '',
  };
}

export function writeView(view: CallsView): URLSearchParams {
  const { fromDay, toDay, q, ...rest } = view;
  const days = fromDay === null && toDay === null ? { days: 'all' } : { fromDay, toDay };
  return new URLSearchParams(queryString({ ...days, ...rest, q }));
}

/** What the API is asked: whole days of this browser's zone, `to` exclusive. */
export function toApi(view: CallsView): { [K in keyof CallFilters]: string | undefined } {
  return {
    from: view.fromDay === null ? undefined : startOfDay(view.fromDay, 0),
    to: view.toDay === null ? undefined : startOfDay(view.toDay, 1),
    agent: view.agent ?? undefined,
    queue: view.queue ?? undefined,
    team: view.team ?? undefined,
    state: view.state ?? undefined,
    reason: view.reason ?? undefined,
    direction: view.direction ?? undefined,
    q: view.q.trim() || undefined,
  };
}

function startOfDay(day: string, plusDays: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return new Date(year, month - 1, date + plusDays).toISOString();
}

/** `YYYY-MM-DD` of this browser's zone. */
export function dayOf(date: Date, plusDays = 0): string {
  const moved = new Date(date.getFullYear(), date.getMonth(), date.getDate() + plusDays);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${moved.getFullYear()}-${two(moved.getMonth() + 1)}-${two(moved.getDate())}`;
}
