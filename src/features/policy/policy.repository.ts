import { sql } from 'kysely';
import type { Policy, PolicyVersion } from '../../contract/policy.ts';
import type { Database } from '../../database/database.ts';

/** Null until somebody has changed the default. */
export async function readNewest(db: Database): Promise<{ version: number; policy: Policy } | null> {
  const row = await db
    .selectFrom('policy_versions')
    .select(['version', 'policy'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? { version: row.version, policy: row.policy as Policy } : null;
}

/** The new version's number; null when `after` is not the newest any more (0: none was written). */
export async function insertVersion(
  db: Database,
  version: { policy: Policy; changed: readonly string[]; by: string; atMs: number; after: number | null },
): Promise<number | null> {
  return db.transaction().execute(async (tx) => {
    await sql`lock table policy_versions in share row exclusive mode`.execute(tx);
    const newest = (await readNewest(tx))?.version ?? 0;
    if (version.after !== null && version.after !== newest) return null;
    const row = await tx
      .insertInto('policy_versions')
      .values({
        policy: JSON.stringify(version.policy),
        changed: [...version.changed],
        changed_at: new Date(version.atMs),
        changed_by: version.by,
      })
      .returning('version')
      .executeTakeFirstOrThrow();
    return row.version;
  });
}

/** Newest first; those before `before`. Names are those of today. */
export async function findVersions(
  db: Database,
  before: number | null,
  limit: number,
): Promise<PolicyVersion[]> {
  let query = db
    .selectFrom('policy_versions as version')
    .leftJoin('people', 'people.id', 'version.changed_by')
    .select(['version.version', 'policy', 'changed', 'changed_at', 'changed_by', 'people.name'])
    .orderBy('version.version', 'desc')
    .limit(limit);
  if (before !== null) query = query.where('version.version', '<', before);
  return (await query.execute()).map((row) => ({
    version: row.version,
    at: row.changed_at.toISOString(),
    by: row.changed_by === null ? null : { id: row.changed_by, name: row.name ?? row.changed_by },
    changed: row.changed,
    policy: row.policy as Policy,
  }));
}
