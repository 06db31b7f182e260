import type { AuditEntry, AuditFilters, AuditPage, AuditQuery } from '../../contract/audit.ts';
import { pageSizeDefault, pageSizeMax } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog } from '../../ports/domain.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { findEntries, insertEntry } from './audit.repository.ts';

export interface Audit extends AuditLog {
  list(viewer: Viewer, query: AuditQuery): Promise<AuditPage>;
  /** Every entry, page by page, so that none of the size of the log is ever in memory. */
  all(viewer: Viewer, filters: AuditFilters): AsyncGenerator<AuditEntry>;
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
      const limit = query.limit ?? pageSizeDefault;
      const before = query.cursor === undefined ? null : decodeCursor(query.cursor);
      const rows = await findEntries(db, query, before, limit + 1);
      const items = rows.slice(0, limit);
      return { items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)!) : null };
    },

    async *all(viewer, filters) {
      assertMay(viewer, 'audit.view');
      let before: { at: Date; id: string } | null = null;
      for (;;) {
        const rows = await findEntries(db, filters, before, pageSizeMax);
        yield* rows;
        const last = rows.at(-1);
        if (!last || rows.length < pageSizeMax) return;
        before = { at: new Date(last.at), id: last.id };
      }
    },
  };
}

const encodeCursor = (last: AuditEntry): string => Buffer.from(`${last.at}|${last.id}`).toString('base64url');

/** Throws `bad-cursor`. */
function decodeCursor(cursor: string): { at: Date; id: string } {
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split('|');
  const time = new Date(at);
  if (Number.isNaN(time.getTime()) || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
    throw new AppError('bad-cursor');
  }
  return { at: time, id };
}
