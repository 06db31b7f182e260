import { useSyncExternalStore } from 'react';
import { queueKey } from '../../../contract/queues.ts';
import { board } from './live.ts';

/** The names of the PBXs where there are several; empty where there is nothing to tell apart. */
export function useManyPbxs(): readonly string[] {
  return useSyncExternalStore(board.pbxs.subscribeAny, namesNow);
}

let names: readonly string[] = [];
function namesNow(): readonly string[] {
  const all = board.pbxs.all();
  const now = all.length > 1 ? all.map(({ name }) => name).sort() : [];
  if (now.join() !== names.join()) names = now;
  return names;
}

const labelLengthMax = 100;

/** A queue to choose: where there are several PBXs, with the name of its own. */
export function queueOption(
  { pbx, id, name }: { pbx: string; id: string; name: string },
  manyPbxs: readonly string[],
): { value: string; label: string } {
  const label = name.slice(0, labelLengthMax);
  return { value: queueKey(pbx, id), label: manyPbxs.length > 0 ? `${label} · ${pbx}` : label };
}
