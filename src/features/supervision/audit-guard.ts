import { isAudioMode } from '../../contract/supervisions.ts';
import type { AuditLog } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import type { OpenSessions } from './open-sessions.ts';
import { isOpen } from './session.ts';

/** How often the log is tried while somebody listens: a call may be long, and nothing is written in the middle of it. */
export const auditProbeEveryMs = 2_000;

export interface AuditGuard {
  /** The log, for everything that supervisors do. */
  audit: AuditLog;
  start(): void;
  stop(): void;
}

/** Nobody goes on listening while the audit log takes no entries. */
export function createAuditGuard({
  audit,
  probe,
  sessions,
  log,
}: {
  audit: AuditLog;
  /** Settles when an entry could be written now. */
  probe: () => Promise<void>;
  sessions: OpenSessions;
  log: Log;
}): AuditGuard {
  let timer: NodeJS.Timeout | undefined;
  let isProbing = false;
  let isLost = false;

  function silence(): void {
    isLost = true;
    for (const session of sessions.all()) session.onAuditLost();
  }

  async function tryLog(): Promise<void> {
    const isHeard = sessions.all().some(({ state }) => isOpen(state) && isAudioMode(state.mode));
    if (isProbing || !(isHeard || isLost)) return;
    isProbing = true;
    try {
      await probe();
      // The ends that could not be written.
      if (isLost) await sessions.saveAgain();
      isLost = false;
    } catch (error) {
      log.error({ err: error }, 'The audit log takes no entries: nobody may listen');
      silence();
    } finally {
      isProbing = false;
    }
  }

  return {
    audit: {
      async write(entry) {
        try {
          await audit.write(entry);
        } catch (error) {
          silence();
          throw error;
        }
      },
    },
    start() {
      timer = setInterval(() => void tryLog(), auditProbeEveryMs).unref();
    },
    stop: () => clearInterval(timer),
  };
}
