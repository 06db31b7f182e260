import { useSyncExternalStore } from 'react';
import { createStore } from '../../shared/store.ts';
import { clock } from '../../shared/time/clock.ts';
import { board, link } from '../live/live.ts';
import { type Alert, alertsOf } from './alerts-of.ts';

/** What is too long or too many now. */
export const alertsStore = createStore<readonly Alert[]>([]);

/** Looks once a second: time alone makes an alert. A stale board makes none. Returns the way to stop. */
export function watchAlerts(): () => void {
  const look = (): void => {
    if (link.get().state !== 'live') return;
    const floor = {
      agents: board.agents.all(),
      queues: board.queues.all(),
      outsideListenings: board.outsideListenings.all(),
    };
    const now = alertsOf(floor, board.thresholds.get(), clock.nowMs());
    const before = alertsStore.get();
    const same =
      now.length === before.length &&
      now.every((alert, i) => alert.key === before[i]?.key && alert.count === before[i]?.count);
    if (!same) alertsStore.set(now);
  };
  const stop = clock.subscribe(look);
  return () => {
    stop();
    alertsStore.set([]);
  };
}

export const useAlerts = (): readonly Alert[] => useSyncExternalStore(alertsStore.subscribe, alertsStore.get);
