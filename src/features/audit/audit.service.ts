import type { AuditEntry, AuditFilters, AuditPage, AuditQuery } from '../../contract/audit.ts';
import { pageSizeDefault, pageSizeMax } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import { checkPeriod } from '../../contract/period.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog } from '../../ports/domain.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { findEntries, insertEntry } from './audit.repository.ts';

export interface Audit extends AuditLog {
  list(viewer: Viewer, query: AuditQuery): Promise<AuditPage>;
  /** Every entry, page by page, so that none of the size of the log is ever in memory; the first page is read before it settles. */
  all(viewer: Viewer, filters: AuditFilters): Promise<AsyncIterable<AuditEntry>>;
}

/** The audit log in Postgres. */
export function createAudit({ db, clock }: { db: Database; clock: Clock }): Audit {
  return {
    async write(entry) {
      try {
        await insertEntry(db, { details: {}, ...entry, at: clock.now() });
      } catch (error) {
        const failure = new AppError('audit-unavailable');
        failure.cause = error;
        throw failure;
      }
    },

    async list(viewer, query) {
      assertMay(viewer, 'audit.view');
      checkPeriod(query);
      const limit = query.limit ?? pageSizeDefault;
      const before = query.cursor === undefined ? null : decodeCursor(query.cursor);
      const rows = await findEntries(db, query, before, limit + 1);
      const items = rows.slice(0, limit);
      return { items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)!) : null };
    },

    async all(viewer, filters) {
      assertMay(viewer, 'audit.view');
      checkPeriod(filters);
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
  };
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
