import { v7 as uuid } from 'uuid';
import type {
  AuditEntry,
  AuditFilters,
  AuditPage,
  AuditQuery,
  AuditVerification,
} from '../../contract/audit.ts';
import { pageSizeDefault, pageSizeMax } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import { checkPeriod } from '../../contract/period.ts';
import type { Database } from '../../database/database.ts';
import { type AuditRecord, cleanDetails } from '../../ports/audit-chain.ts';
import type { LocalAuditLog } from '../../ports/audit-log.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { adoptOldEntries } from './adopt-entries.ts';
import { findEntries, hasEntry } from './audit.repository.ts';
import { createEntryCopier } from './copy-entries.ts';
import { purgeEntries } from './purge.ts';
import { withoutReason } from './reason-hash.ts';
import { chainAdoptedAction, verifyAudit } from './verify.ts';

export interface Audit extends AuditLog {
  list(viewer: Viewer, query: AuditQuery): Promise<AuditPage>;
  /** Whether there is an entry of this action, not older than `sinceMs`, whose details hold this `listeningId`. */
  wasTold(action: string, one: { listeningId: string; sinceMs: number }): Promise<boolean>;
  /** For an export, of which there is an entry first: every entry, page by page, so that none of the size of the log is ever in memory; the first page is read before it settles. */
  all(viewer: Viewer, filters: AuditFilters): Promise<AsyncIterable<AuditEntry>>;
  /** Settles when an entry could be written now. Throws `audit-unavailable`. */
  probe(): Promise<void>;
  /** Looks for changed, missing, inserted and moved entries in the whole log. Who asks meanwhile gets the same answer. */
  verify(viewer: Viewer): Promise<AuditVerification>;
  /**
   * Removes the months before `month` (`YYYY-MM`, UTC), leaving signed checkpoints; says how many entries that were. For
   * the retention of the policy.
   */
  purgeBefore(month: string): Promise<number>;
  /** Chains the entries of before, and brings to the database what waits for it. */
  start(): Promise<void>;
  /** Brings the rest to the database, as far as it answers, and closes the local log. */
  stop(): Promise<void>;
}

export interface AuditDeps {
  db: Database;
  clock: Clock;
  log: Log;
  /** Closed by `stop`. */
  local: LocalAuditLog;
}

/** Who reads sees what was just written, if the database takes it in that time. */
const catchUpMs = 1_000;
const purgeCatchUpMs = 60_000;
/** The PBX's clock may be that far before ours. */
const clockSlackMs = 3_600_000;

/** The audit log: written to this server's disk, read in the database, which follows. */
export function createAudit({ db, clock, log, local }: AuditDeps): Audit {
  const copier = createEntryCopier({ db, local, log });
  let verifying: Promise<AuditVerification> | null = null;
  let purging: Promise<unknown> = Promise.resolve();

  async function append(said: Omit<AuditRecord, 'id' | 'at'>): Promise<void> {
    assertIds(said);
    const [id, at] = [uuid(), new Date(clock.now()).toISOString()];
    await local.append({ id, at, ...said, details: cleanDetails(withoutReason(id, said.details)) });
    copier.wake();
  }

  return {
    write: ({ details = {}, ...entry }) => append({ ...entry, details }),

    probe: () => local.probe(),

    async list(viewer, query) {
      assertMay(viewer, 'audit.view');
      checkPeriod(query);
      const limit = query.limit ?? pageSizeDefault;
      const before = query.cursor === undefined ? null : decodeCursor(query.cursor);
      await copier.caughtUp(catchUpMs);
      const rows = await findEntries(db, query, before, limit + 1);
      const items = rows.slice(0, limit);
      return { items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)!) : null };
    },

    async wasTold(action, { listeningId, sinceMs }) {
      await copier.caughtUp(catchUpMs);
      return await hasEntry(db, { action, since: new Date(sinceMs - clockSlackMs), listeningId });
    },

    async all(viewer, filters) {
      assertMay(viewer, 'audit.view');
      checkPeriod(filters);
      const { subject = null, call = null } = filters;
      const about = { subjectId: subject, callId: call, details: { ...filters } };
      await append({ actorId: viewer.personId, action: 'audit.exported', ...about });
      await copier.caughtUp(catchUpMs);
      const first = await findEntries(db, filters, null, pageSizeMax);
      return (async function* () {
        for (let rows = first; ; ) {
          yield* rows;
          const last = rows.at(-1);
          if (!last || rows.length < pageSizeMax) return;
          rows = await findEntries(db, filters, { at: new Date(last.at), id: last.id }, pageSizeMax);
        }
      })();
    },

    async verify(viewer) {
      assertMay(viewer, 'audit.view');
      verifying ??= verifyAudit({ db, local, clock }).finally(() => {
        verifying = null;
      });
      return await verifying;
    },

    async purgeBefore(month) {
      const caughtUp = () => copier.caughtUp(purgeCatchUpMs);
      const own = purging.then(() => purgeEntries({ db, local, clock, append, caughtUp }, month));
      purging = own.catch(() => {});
      return await own;
    },

    async start() {
      const adopted = await adoptOldEntries(db, () => new Date(clock.now()));
      if (adopted) {
        const { chainId, entries, hash } = adopted;
        const details = { adopted: chainId, entries, lastHash: hash };
        await append({ actorId: null, action: chainAdoptedAction, subjectId: null, callId: null, details });
      }
      copier.wake();
    },

    async stop() {
      await copier.caughtUp(catchUpMs);
      await copier.stop();
      await local.close();
    },
  };
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A bug where it is made, not an entry that the database refuses later. */
function assertIds({
  actorId,
  subjectId,
  callId,
}: Pick<AuditRecord, 'actorId' | 'subjectId' | 'callId'>): void {
  for (const id of [actorId, subjectId, callId])
    if (id !== null && !uuidForm.test(id)) throw new TypeError('An audit entry speaks of ids only');
}

const encodeCursor = (last: AuditEntry): string => Buffer.from(`${last.at}|${last.id}`).toString('base64url');

const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\|([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Throws `bad-cursor`. */
function decodeCursor(cursor: string): { at: Date; id: string } {
  const [, at = '', id = ''] = form.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) throw new AppError('bad-cursor');
  return { at: time, id };
}
