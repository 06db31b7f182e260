import type { Agent } from '../../../contract/agents.ts';
import { type AlertThresholds, defaultThresholds } from '../../../contract/alerts.ts';
import type { Call } from '../../../contract/calls.ts';
import type { LiveChange, LivePbx, LiveQueue, LiveSnapshot, LiveStorage } from '../../../contract/live.ts';
import type { OutsideListening } from '../../../contract/outside-listenings.ts';
import { queueKey } from '../../../contract/queues.ts';
import type { Supervision } from '../../../contract/supervisions.ts';
import { createStore, type Store } from '../../shared/store.ts';
import { createTable, type Table } from './table.ts';

/**
 * What the panel knows of the floor. A change is applied only when its number follows the last one;
 * otherwise nothing more is applied until a snapshot comes.
 */
export interface Board {
  agents: Table<Agent>;
  queues: Table<LiveQueue>;
  calls: Table<Call>;
  supervisions: Table<Supervision>;
  /** Who listens without Vigie. */
  outsideListenings: Table<OutsideListening>;
  pbxs: Table<LivePbx>;
  /** From when on something is too long or too many. */
  thresholds: Store<AlertThresholds>;
  /** Where what is recorded goes; null when the server does not say. */
  storage: Store<LiveStorage | null>;
  /** Null before the first snapshot. */
  seq(): number | null;
  takeSnapshot(snapshot: LiveSnapshot): void;
  /** `gap`: a number was missed, ask for a snapshot. `old`: the snapshot held it already. */
  applyChange(change: LiveChange): 'applied' | 'old' | 'gap';
  clear(): void;
}

export function createBoard(): Board {
  let seq: number | null = null;
  let waitsForSnapshot = true;
  const tables = {
    agents: createTable<Agent>((row) => row.id),
    queues: createTable<LiveQueue>((row) => queueKey(row.pbx, row.id)),
    calls: createTable<Call>((row) => row.id),
    supervisions: createTable<Supervision>((row) => row.id),
    outsideListenings: createTable<OutsideListening>((row) => row.id),
    pbxs: createTable<LivePbx>((row) => row.name),
  };

  const thresholds = createStore(defaultThresholds);
  const storage = createStore<LiveStorage | null>(null);

  function fill(from: Omit<LiveSnapshot, 'seq' | 'at'>): void {
    thresholds.set(from.thresholds);
    storage.set(from.storage ?? null);
    tables.pbxs.replace(from.pbxs);
    tables.supervisions.replace(from.supervisions);
    tables.outsideListenings.replace(from.outsideListenings);
    tables.agents.replace(from.agents);
    tables.queues.replace(from.queues);
    tables.calls.replace(from.calls);
  }

  return {
    ...tables,
    thresholds,
    storage,
    seq: () => seq,
    takeSnapshot(snapshot) {
      seq = snapshot.seq;
      waitsForSnapshot = false;
      fill(snapshot);
    },
    applyChange(change) {
      if (waitsForSnapshot || seq === null) return 'gap';
      if (change.seq <= seq) return 'old';
      if (change.seq !== seq + 1) {
        waitsForSnapshot = true;
        return 'gap';
      }
      seq = change.seq;
      if (change.thresholds) thresholds.set(change.thresholds);
      if (change.storage) storage.set(change.storage);
      tables.pbxs.put(change.pbxs ?? []);
      tables.supervisions.put(change.supervisions ?? []);
      tables.outsideListenings.put(change.outsideListenings ?? []);
      tables.agents.put(change.agents ?? []);
      tables.queues.put(change.queues ?? []);
      tables.calls.put(change.calls ?? []);
      tables.agents.remove(change.gone?.agents ?? []);
      tables.queues.remove(change.gone?.queues ?? []);
      tables.calls.remove(change.gone?.calls ?? []);
      tables.supervisions.remove(change.gone?.supervisions ?? []);
      tables.outsideListenings.remove(change.gone?.outsideListenings ?? []);
      return 'applied';
    },
    clear() {
      seq = null;
      waitsForSnapshot = true;
      fill({
        agents: [],
        queues: [],
        calls: [],
        supervisions: [],
        outsideListenings: [],
        pbxs: [],
        thresholds: defaultThresholds,
      });
    },
  };
}
