import { useCallback, useEffect, useState } from 'react';
import { RequestProblem } from './request.ts';

export interface Resource<T> {
  value: T | null;
  problem: RequestProblem | null;
  loading: boolean;
  reload(): void;
}

/** Loads on first show and whenever `keys` change; an older answer never replaces a newer one. */
export function useResource<T>(
  load: (signal: AbortSignal) => Promise<T>,
  keys: readonly unknown[],
): Resource<T> {
  const [state, setState] = useState<{ value: T | null; problem: RequestProblem | null; loading: boolean }>({
    value: null,
    problem: null,
    loading: true,
  });
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify([keys, turn]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the caller's own keys
  useEffect(() => {
    const abort = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    load(abort.signal).then(
      (value) => setState({ value, problem: null, loading: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = error instanceof RequestProblem ? error : new RequestProblem('internal', 0);
        setState((before) => ({ ...before, problem, loading: false }));
      },
    );
    return () => abort.abort();
  }, [key]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { ...state, reload };
}
