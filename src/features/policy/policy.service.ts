import { isDeepStrictEqual } from 'node:util';
import { pageSizeDefault } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import { defaultPolicy, type Policy, type PolicyVersion } from '../../contract/policy.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog } from '../../ports/domain.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { findVersions, insertVersion, readNewest } from './policy.repository.ts';
import { auditOf, checkPolicy } from './policy-check.ts';

export interface PolicyDeps {
  db: Database;
  clock: Clock;
  audit: AuditLog;
  /** The policy in force is another one. */
  changed(): void;
}

/** The policy in force: what the database held when it was read last. */
export function createPolicyService({ db, clock, audit, changed }: PolicyDeps) {
  let now: { version: number; policy: Policy } = { version: 0, policy: defaultPolicy };

  function take(newest: { version: number; policy: Policy }): void {
    const isSame = isDeepStrictEqual(newest, now);
    now = newest;
    if (!isSame) changed();
  }

  return {
    current: (): Policy => now.policy,

    get(viewer: Viewer): { version: number; policy: Policy } {
      assertMay(viewer, 'policy.view');
      return now;
    },

    /**
     * In force, and told to all that goes on, when it settles. `after`: the version the change was made from; null to
     * replace whatever is there. Throws `validation-failed`, `policy-changed-meanwhile`.
     */
    async set(viewer: Viewer, policy: Policy, after: number | null) {
      assertMay(viewer, 'policy.edit');
      checkPolicy(policy);
      const before = now;
      if (after !== null && after !== before.version) throw new AppError('policy-changed-meanwhile');
      const change = auditOf(before.policy, policy);
      if (change.fields.length === 0) return before;
      await audit.write({
        actorId: viewer.personId,
        action: 'policy.changed',
        subjectId: null,
        callId: null,
        details: { after: before.version, ...change },
      });
      const by = viewer.personId;
      const version = await insertVersion(db, {
        policy,
        changed: change.fields,
        by,
        atMs: clock.now(),
        after,
      });
      if (version === null) throw new AppError('policy-changed-meanwhile');
      take({ version, policy });
      return { version, policy };
    },

    /** Newest first. Throws `bad-cursor`. */
    async versions(viewer: Viewer, query: { cursor?: string; limit?: number }) {
      assertMay(viewer, 'policy.view');
      const limit = query.limit ?? pageSizeDefault;
      const before = query.cursor === undefined ? null : versionOf(query.cursor);
      const rows = await findVersions(db, before, limit + 1);
      const items: PolicyVersion[] = rows.slice(0, limit);
      return { items, nextCursor: rows.length > limit ? String(items.at(-1)!.version) : null };
    },

    /** Reads again what another server, or SQL by hand, may have written. */
    async reload(): Promise<void> {
      take((await readNewest(db)) ?? { version: 0, policy: defaultPolicy });
    },
  };
}
export type PolicyService = ReturnType<typeof createPolicyService>;

function versionOf(cursor: string): number {
  if (!/^[1-9]\d{0,8}$/.test(cursor)) throw new AppError('bad-cursor');
  return Number(cursor);
}
