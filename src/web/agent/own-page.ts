import { useSyncExternalStore } from 'react';
import type { AgentPage, AgentPageChange } from '../../contract/agent-page.ts';
import { createStore } from '../shared/store.ts';

/** What this page knows; null before the first snapshot. */
export const ownPage = createStore<AgentPage | null>(null);
export type LinkState = 'connecting' | 'live' | 'reconnecting';
export const ownLink = createStore<LinkState>('connecting');

export const useOwnPage = () => useSyncExternalStore(ownPage.subscribe, ownPage.get);
export const useOwnLink = () => useSyncExternalStore(ownLink.subscribe, ownLink.get);

/** `gap`: a number was missed, ask for a snapshot. `old`: the snapshot held it already. */
export function applyChange(change: AgentPageChange): 'applied' | 'old' | 'gap' {
  const page = ownPage.get();
  if (!page || change.seq > page.seq + 1) return 'gap';
  if (change.seq <= page.seq) return 'old';
  ownPage.set({ ...page, ...change });
  return 'applied';
}
