import type { ScreenViewing } from '../../contract/screens.ts';
import type { Database } from '../../database/database.ts';
import type { AuditLog } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import { endViewing } from './screens.repository.ts';

export interface EndedWriter {
  /** `byViewer`: he stopped it himself. Settles when it was tried once; what failed is tried again. */
  write(viewing: ScreenViewing, byViewer: boolean): Promise<void>;
  /** Tries once more what is not written yet, and stops trying. */
  stop(): Promise<void>;
}

const retryEveryMs = 5_000;

/** Writes how viewings ended, their rows and their audit entries; what the database did not take is kept and tried again. */
export function createEndedWriter({
  db,
  audit,
  log,
}: {
  db: Database;
  audit: AuditLog;
  log: Log;
}): EndedWriter {
  const unwritten = new Map<string, { viewing: ScreenViewing; byViewer: boolean }>();
  let timer: NodeJS.Timeout | undefined;

  async function attempt(viewing: ScreenViewing, byViewer: boolean): Promise<void> {
    try {
      await endViewing(db, viewing);
      await audit.write({
        actorId: byViewer ? viewing.by.id : null,
        action: 'screen.watch-ended',
        subjectId: viewing.agent.id,
        callId: viewing.callId,
        details: { viewingId: viewing.id, because: viewing.endedBecause },
      });
      unwritten.delete(viewing.id);
    } catch (error) {
      log.error({ err: error, viewingId: viewing.id }, 'the end of a screen viewing could not be written');
    }
  }

  async function attemptAll(): Promise<void> {
    for (const { viewing, byViewer } of [...unwritten.values()]) await attempt(viewing, byViewer);
    timer = unwritten.size > 0 ? setTimeout(() => void attemptAll(), retryEveryMs).unref() : undefined;
  }

  return {
    async write(viewing, byViewer) {
      unwritten.set(viewing.id, { viewing, byViewer });
      await attempt(viewing, byViewer);
      if (unwritten.has(viewing.id)) timer ??= setTimeout(() => void attemptAll(), retryEveryMs).unref();
    },
    async stop() {
      await attemptAll();
      clearTimeout(timer);
    },
  };
}
