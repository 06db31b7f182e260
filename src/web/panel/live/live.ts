import { useCallback, useSyncExternalStore } from 'react';
import { createStore } from '../../shared/store.ts';
import { createBoard } from './board.ts';
import type { Table } from './table.ts';

/** The one board of this page. */
export const board = createBoard();

export type LinkState = 'connecting' | 'live' | 'reconnecting';
/** `at`: server time of the last news. */
export const link = createStore<{ state: LinkState; at: string | null }>({ state: 'connecting', at: null });

export function useLink() {
  return useSyncExternalStore(link.subscribe, link.get);
}

export function useRow<T>(table: Table<T>, id: string): T | undefined {
  return useSyncExternalStore(
    useCallback((listener) => table.subscribeRow(id, listener), [table, id]),
    () => table.get(id),
  );
}

export function useRows<T>(table: Table<T>): readonly T[] {
  return useSyncExternalStore(table.subscribeAny, table.all);
}
