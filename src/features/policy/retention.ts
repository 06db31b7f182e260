import { type DataKind, dataKinds, type Policy, type RetentionRun } from '../../contract/policy.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import {
  findLastRun,
  insertRun,
  type PurgeBatch,
  purgeCalls,
  purgeEvaluations,
  purgeSupervisions,
} from './retention.repository.ts';
import { localMinute } from './wall-clock.ts';

/** What another feature deletes of its own. Returns how many rows went. */
export type PurgeElsewhere = (before: Date) => Promise<number>;

export interface RetentionDeps {
  db: Database;
  policy(): Policy;
  clock: Clock;
  log: Log;
  audit: AuditLog;
  /** The audit log leaves a checkpoint, the chat its own way. Absent: nothing of the kind is kept here. */
  elsewhere: Partial<Record<DataKind, PurgeElsewhere>>;
  batchRows?: number;
  batchesMax?: number;
}

/** A batch is short, so that no call waits for it; what a night leaves over the next one takes. */
const batchRows = 1_000;
const batchesMax = 2_000;
const hourOfRun = 3;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

const batches: Partial<Record<DataKind, PurgeBatch>> = {
  calls: purgeCalls,
  supervisions: purgeSupervisions,
  evaluations: purgeEvaluations,
};

/** Deletes what is older than the policy keeps it: at the start, then every night. */
export function createRetention(deps: RetentionDeps) {
  const { db, clock, log } = deps;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<RetentionRun> | null = null;
  let stopped = false;

  async function purgeKind(kind: DataKind, before: Date): Promise<{ deleted: number; complete: boolean }> {
    const elsewhere = deps.elsewhere[kind];
    if (elsewhere) return { deleted: await elsewhere(before), complete: true };
    const purge = batches[kind];
    if (!purge) return { deleted: 0, complete: true };
    const limit = deps.batchRows ?? batchRows;
    let deleted = 0;
    for (let i = 0; i < (deps.batchesMax ?? batchesMax) && !stopped; i++) {
      const count = await purge(db, before, limit);
      deleted += count;
      if (count < limit) return { deleted, complete: true };
    }
    return { deleted, complete: false };
  }

  async function purge(): Promise<RetentionRun> {
    const startedMs = clock.now();
    const kinds: RetentionRun['kinds'] = [];
    for (const kind of dataKinds) {
      const days = deps.policy().retentionDays[kind];
      if (days === null) continue;
      const before = new Date(startedMs - days * dayMs);
      try {
        kinds.push({ kind, before: before.toISOString(), ...(await purgeKind(kind, before)) });
      } catch (error) {
        // One kind that cannot be deleted tonight must not keep the others.
        log.error({ err: error, kind }, 'old data could not be deleted');
        kinds.push({ kind, before: before.toISOString(), deleted: 0, complete: false });
      }
    }
    const run = { startedAt: iso(startedMs), endedAt: iso(clock.now()), kinds };
    await insertRun(db, run);
    const counts = Object.fromEntries(kinds.map(({ kind, deleted }) => [kind, deleted]));
    log.info({ deleted: counts }, 'data older than the policy keeps it was deleted');
    if (kinds.some(({ deleted }) => deleted > 0)) {
      const about = { actorId: null, subjectId: null, callId: null };
      await deps.audit.write({ ...about, action: 'retention.purged', details: { by: 'policy', kinds } });
    }
    return run;
  }

  function run(): Promise<RetentionRun> {
    running ??= purge().finally(() => {
      running = null;
    });
    return running;
  }

  function atNight(): void {
    run().catch((error: unknown) => log.error({ err: error }, 'old data could not be deleted'));
    schedule();
  }
  function schedule(): void {
    timer = setTimeout(atNight, untilNightMs(clock.now(), deps.policy().timeZone)).unref();
  }

  return {
    run,
    /** What the last night deleted. */
    async status(viewer: Viewer): Promise<{ lastRun: RetentionRun | null }> {
      assertMay(viewer, 'policy.view');
      return { lastRun: await findLastRun(db) };
    },
    start(): void {
      atNight();
    },
    /** Settles when the batch that runs is done. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await running?.catch(() => {});
    },
  };
}
export type Retention = ReturnType<typeof createRetention>;

/** Until the clocks on the wall next show three in the morning: on a night that leaves the hour out, one later. */
export function untilNightMs(nowMs: number, timeZone: string): number {
  const next = Math.ceil((nowMs + 1) / (hourMs / 4)) * (hourMs / 4);
  for (let atMs = next; atMs < nowMs + 2 * dayMs; atMs += hourMs / 4) {
    if (localMinute(atMs, timeZone).time === `0${hourOfRun}:00`) return atMs - nowMs;
  }
  return dayMs;
}

const iso = (ms: number): string => new Date(ms).toISOString();
