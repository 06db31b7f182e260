import type { DatabasePresence } from './database/presence.ts';
import type { EventLog } from './ports/event-log.ts';
import type { StorageState } from './ports/live.ts';

/** What the panel says of where records go: the local log's trouble first, since nothing else keeps them then. */
export function createStorageState(database: DatabasePresence, eventLog: EventLog): StorageState {
  return {
    current() {
      const log = eventLog.state();
      const since = (ms: number) => new Date(ms).toISOString();
      if (log.state === 'failing')
        return { state: 'not-kept', since: since(log.sinceMs), detail: log.detail };
      if (database.isAway) return { state: 'kept-here', since: since(database.sinceMs), detail: null };
      return { state: 'written', since: since(database.sinceMs), detail: null };
    },
    onChange(listener) {
      const stops = [database.onChange(listener), eventLog.onChange(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
