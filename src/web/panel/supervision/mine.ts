import { useMemo, useSyncExternalStore } from 'react';
import type { Mode, Supervision } from '../../../contract/supervisions.ts';
import { useMe } from '../../shared/session/session-store.ts';
import { createStore } from '../../shared/store.ts';
import { board } from '../live/live.ts';

/** A click the server has not answered yet: shown at once as "starting". */
export interface Pending {
  agentId: string;
  agentName: string;
  mode: Mode;
  reason: string;
}
export const pendingStore = createStore<Pending | null>(null);
/** A mode asked for by PATCH and not yet confirmed. */
export const askedModeStore = createStore<{ id: string; mode: Mode } | null>(null);
/** The supervision being stopped. */
export const stoppingStore = createStore<string | null>(null);

export function findMine(personId: string): Supervision | undefined {
  return board.supervisions.all().find((one) => one.by.id === personId && one.state !== 'ended');
}

export function useMine(): Supervision | undefined {
  const me = useMe().person.id;
  const get = useMemo(() => () => findMine(me), [me]);
  return useSyncExternalStore(board.supervisions.subscribeAny, get);
}
export const usePending = () => useSyncExternalStore(pendingStore.subscribe, pendingStore.get);
export const useAskedMode = () => useSyncExternalStore(askedModeStore.subscribe, askedModeStore.get);
export const useStopping = () => useSyncExternalStore(stoppingStore.subscribe, stoppingStore.get);
