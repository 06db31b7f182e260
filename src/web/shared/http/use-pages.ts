import { useCallback, useEffect, useRef, useState } from 'react';
import { queryString, RequestProblem, request } from './request.ts';

interface PageOf<T> {
  items: T[];
  nextCursor: string | null;
}
interface Loaded<T, P> {
  items: T[] | null;
  /** The page loaded last: what stands beside its items (a summary). */
  page: P | null;
  problem: RequestProblem | null;
  loading: boolean;
}

const pageSize = 100;

/** A filtered list of the API, page after page; another query starts again from the top. */
export function usePages<T, P extends PageOf<T> = PageOf<T>>(
  path: string,
  query: Record<string, string | undefined>,
) {
  const [state, setState] = useState<Loaded<T, P>>({ items: null, page: null, problem: null, loading: true });
  const running = useRef<AbortController | null>(null);
  const key = queryString({ ...query, limit: pageSize });

  const load = useCallback(
    async (cursor: string | null) => {
      running.current?.abort();
      const abort = new AbortController();
      running.current = abort;
      setState((before) => ({ ...before, loading: true, problem: null }));
      const params = new URLSearchParams(key);
      if (cursor !== null) params.set('cursor', cursor);
      try {
        const page = await request<P>(`${path}?${params}`, { signal: abort.signal });
        setState((before) => ({
          items: cursor === null ? page.items : [...(before.items ?? []), ...page.items],
          page,
          problem: null,
          loading: false,
        }));
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = error instanceof RequestProblem ? error : new RequestProblem('internal', 0);
        setState((before) => ({ ...before, problem, loading: false }));
      }
    },
    [path, key],
  );

  useEffect(() => {
    void load(null);
    return () => running.current?.abort();
  }, [load]);

  const next = state.page?.nextCursor ?? null;
  return { ...state, more: next !== null, loadMore: () => void load(next), reload: () => void load(null) };
}
