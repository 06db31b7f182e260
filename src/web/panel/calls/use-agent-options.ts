import { useMemo, useSyncExternalStore } from 'react';
import { board } from '../live/live.ts';

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Agents of the board by name; the same array while nobody comes or goes. */
export function useAgentOptions(): { value: string; label: string }[] {
  const size = useSyncExternalStore(board.agents.subscribeAny, board.agents.size);
  // biome-ignore lint/correctness/useExhaustiveDependencies: names are read again when the number of agents changes
  return useMemo(
    () =>
      board.agents
        .all()
        .map(({ id, name }) => ({ value: id, label: name.slice(0, 100) }))
        .sort((a, b) => collator.compare(a.label, b.label)),
    [size],
  );
}
