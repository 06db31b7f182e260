import { type AlertThresholds, defaultThresholds } from '../../contract/alerts.ts';
import { AppError } from '../../contract/errors.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog } from '../../ports/domain.ts';
import type { LiveThresholds } from '../../ports/live.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { readThresholds, writeThresholds } from './alerts.repository.ts';

export interface Alerts extends LiveThresholds {
  get(viewer: Viewer): AlertThresholds;
  /** Holds on every open panel when it settles. Throws `validation-failed` for a queue named twice. */
  set(viewer: Viewer, thresholds: AlertThresholds): Promise<AlertThresholds>;
  /** Reads again what another server, or SQL by hand, may have written. */
  reload(): Promise<void>;
}

/** From when on the panel calls something too long or too many. In force is what the database held when it was read last. */
export function createAlerts({ db, clock, audit }: { db: Database; clock: Clock; audit: AuditLog }): Alerts {
  const listeners = new Set<() => void>();
  let now = defaultThresholds;

  function take(thresholds: AlertThresholds): void {
    if (JSON.stringify(thresholds) === JSON.stringify(now)) return;
    now = thresholds;
    for (const listener of listeners) listener();
  }

  return {
    current: () => now,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get(viewer) {
      assertMay(viewer, 'live.view');
      return now;
    },
    async set(viewer, thresholds) {
      assertMay(viewer, 'queues.edit');
      const queues = thresholds.exceptions.map(({ queue }) => queue);
      const twice = queues.find((queue, i) => queues.indexOf(queue) !== i);
      if (twice !== undefined)
        throw new AppError('validation-failed', 'A queue is named twice', { field: 'exceptions' });
      await audit.write({
        actorId: viewer.personId,
        action: 'alert-thresholds.changed',
        subjectId: null,
        callId: null,
      });
      await writeThresholds(db, thresholds, { personId: viewer.personId, atMs: clock.now() });
      take(thresholds);
      return now;
    },
    async reload() {
      take((await readThresholds(db)) ?? defaultThresholds);
    },
  };
}
