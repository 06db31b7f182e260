import { useEffect, useSyncExternalStore } from 'react';
import type { Policy } from '../../../contract/policy.ts';
import { request } from '../../shared/http/request.ts';
import { createStore } from '../../shared/store.ts';

type ReasonPolicy = Pick<Policy, 'reasonRequired' | 'reasons' | 'reasonsOnly'>;
const store = createStore<ReasonPolicy>({ reasonRequired: true, reasons: [], reasonsOnly: false });

/** What the policy asks of a reason; read anew each time it is needed, the last answer until then. */
export function useReasonPolicy(): ReasonPolicy {
  useEffect(() => {
    const leaving = new AbortController();
    request<Policy>('/api/policy', { signal: leaving.signal })
      .then((policy) => store.set(policy))
      // The server checks the reason in any case, and says what is wrong with it.
      .catch(() => {});
    return () => leaving.abort();
  }, []);
  return useSyncExternalStore(store.subscribe, store.get);
}
