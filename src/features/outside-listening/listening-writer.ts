import type { Database } from '../../database/database.ts';
import type { AuditLog } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import { type KeptListening, keepListening } from './outside-listening.repository.ts';
import { deviceOfChannel } from './spy-plan.ts';

export const beganAction = 'outside-listening.began';
export const endedAction = 'outside-listening.ended';

export interface WriterDeps {
  db: Database;
  audit: AuditLog;
  log: Log;
  /** Whether the audit log has an entry of this action about this listening; asked after a restart only. */
  wasTold(action: string, one: { listeningId: string; sinceMs: number }): Promise<boolean>;
  retryMs?: number;
}

const retryMs = 5_000;
/** Beyond, an entry is lost to the audit log, and the server's own log says so. */
const waitingMax = 10_000;

/** Brings listenings into the audit log and the database, in their order; what fails is tried again until it is there. */
export function createListeningWriter({ db, audit, log, wasTold, ...options }: WriterDeps) {
  const waiting = new Set<KeptListening>();
  /** Found at the start: what the audit log has of them is to be asked. */
  const restored = new WeakSet<KeptListening>();
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function tell(one: KeptListening, action: string, more: Record<string, unknown>): Promise<void> {
    const { id, listenerId, agentId, callId, pbx, via } = one;
    if (restored.has(one) && (await wasTold(action, { listeningId: id, sinceMs: one.fromMs }))) return;
    const listener = via === 'snoop' ? { app: one.app } : { device: deviceOfChannel(one.spyChannel) };
    const details = { by: 'outside', listeningId: id, pbx, via, ...listener, ...more };
    await audit.write({ actorId: listenerId, action, subjectId: agentId, callId, details });
  }

  async function write(one: KeptListening): Promise<void> {
    // The row first: after a restart it says what to look for. Without a database the entry does not wait for it.
    if (!one.beganTold) {
      await keepListening(db, one).catch(() => {});
      await tell(one, beganAction, { leg: one.targetUniqueId });
      one.beganTold = true;
    }
    if (one.toMs !== null && !one.endedTold) {
      const times = { from: new Date(one.fromMs).toISOString(), to: new Date(one.toMs).toISOString() };
      await tell(one, endedAction, times);
      one.endedTold = true;
    }
    await keepListening(db, one);
  }

  async function writeAll(): Promise<void> {
    while (waiting.size > 0) {
      const [one] = waiting;
      waiting.delete(one!);
      try {
        await write(one!);
      } catch (error) {
        waiting.add(one!);
        log.warn({ err: error }, 'listening from outside could not be written down yet');
        return;
      }
    }
  }

  function run(): void {
    if (running || stopped) return;
    clearTimeout(timer);
    running = writeAll().finally(() => {
      running = null;
      if (waiting.size > 0 && !stopped) timer = setTimeout(run, options.retryMs ?? retryMs).unref();
    });
  }

  return {
    /** Writes it as it is, at once or as soon as it can be. */
    put(one: KeptListening): void {
      if (waiting.size < waitingMax || waiting.has(one)) waiting.add(one);
      else log.error({ listeningId: one.id }, 'too much listening from outside waits to be written down');
      run();
    },
    restore: (one: KeptListening): void => void restored.add(one),
    async stop(): Promise<void> {
      await running;
      stopped = true;
      clearTimeout(timer);
      await writeAll();
    },
  };
}
