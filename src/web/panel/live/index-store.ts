import { useSyncExternalStore } from 'react';
import { createStore } from '../../shared/store.ts';
import {
  type AgentIndex,
  type BoardView,
  buildIndex,
  type IndexRow,
  type Option,
  teamOptions,
} from './agent-index.ts';
import { board } from './live.ts';

const firstView: BoardView = {
  q: '',
  state: null,
  team: null,
  queue: null,
  sort: 'name',
  folded: new Set(),
};
const viewStore = createStore<BoardView>(firstView);
const indexStore = createStore<AgentIndex>(buildIndex([], firstView));
/** Only when rows come, go or move: a state that changes leaves the list alone. */
const rowsStore = createStore<readonly IndexRow[]>([]);
const teamsStore = createStore<readonly Option[]>([]);

let scheduled = false;
function refresh(): void {
  scheduled = false;
  const index = buildIndex(board.agents.all(), viewStore.get());
  indexStore.set(index);
  const before = rowsStore.get();
  const same =
    before.length === index.rows.length && index.rows.every((row, i) => row.key === before[i]?.key);
  if (!same) rowsStore.set(index.rows);
  const teams = teamOptions(board.agents.all());
  if (JSON.stringify(teams) !== JSON.stringify(teamsStore.get())) teamsStore.set(teams);
}

// The changed row is painted at once; counts and order may follow a moment later, together for many changes.
const refreshDelayMs = 250;
board.agents.subscribeAny(() => {
  if (scheduled) return;
  scheduled = true;
  setTimeout(refresh, indexStore.get().total === 0 ? 0 : refreshDelayMs);
});

export function changeView(part: Partial<BoardView>): void {
  viewStore.set({ ...viewStore.get(), ...part });
  refresh();
}
export function toggleSection(teamId: string): void {
  const folded = new Set(viewStore.get().folded);
  if (!folded.delete(teamId)) folded.add(teamId);
  changeView({ folded });
}
export function clearFilters(): void {
  changeView({ q: '', state: null, team: null, queue: null });
}

export const useView = (): BoardView => useSyncExternalStore(viewStore.subscribe, viewStore.get);
/** A part of the index; `select` must give the same thing while that part is the same. */
export function useIndex<T>(select: (index: AgentIndex) => T): T {
  return useSyncExternalStore(indexStore.subscribe, () => select(indexStore.get()));
}
export const useTeams = (): readonly Option[] => useSyncExternalStore(teamsStore.subscribe, teamsStore.get);
export const useIndexRows = (): readonly IndexRow[] =>
  useSyncExternalStore(rowsStore.subscribe, rowsStore.get);
