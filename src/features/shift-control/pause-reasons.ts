import type { PauseReason } from '../../contract/agent-page.ts';
import { AppError } from '../../contract/errors.ts';
import type { Database } from '../../database/database.ts';
import type { AuditLog, OfferedPauseReasons } from '../../ports/domain.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { readPauseReasons, writePauseReasons } from './shift-control.repository.ts';

export interface PauseReasonList extends OfferedPauseReasons {
  /** Agents and all who may pause them. Throws `not-allowed`. */
  get(viewer: Viewer): readonly PauseReason[];
  /** Throws `validation-failed` for a name given twice. */
  set(viewer: Viewer, reasons: readonly PauseReason[]): Promise<readonly PauseReason[]>;
  /** Reads again what another server, or SQL by hand, may have written. */
  reload(): Promise<void>;
}

/** In force is what the database held when it was read last. */
export function createPauseReasons({ db, audit }: { db: Database; audit: AuditLog }): PauseReasonList {
  const listeners = new Set<() => void>();
  let now: readonly PauseReason[] = [];

  function take(reasons: readonly PauseReason[]): void {
    if (JSON.stringify(reasons) === JSON.stringify(now)) return;
    now = reasons;
    for (const listener of listeners) listener();
  }

  return {
    current: () => now,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get(viewer) {
      if (!viewer.permissions.has('agent-page')) assertMay(viewer, 'agents.view');
      return now;
    },
    async set(viewer, reasons) {
      assertMay(viewer, 'queues.edit');
      const names = reasons.map(({ name }) => name);
      if (new Set(names).size < names.length)
        throw new AppError('validation-failed', 'A reason is named twice', { field: 'items' });
      await audit.write({
        actorId: viewer.personId,
        action: 'pause-reasons.changed',
        subjectId: null,
        callId: null,
      });
      await writePauseReasons(db, reasons);
      take(reasons);
      return now;
    },
    async reload() {
      take(await readPauseReasons(db));
    },
  };
}
