import { sql } from 'kysely';
import type { AuditEntry, AuditFilters } from '../../contract/audit.ts';
import type { Database } from '../../database/database.ts';
import type { ChainedRecord } from '../../ports/audit-chain.ts';

/** Those that are there already stay as they are: copying twice changes nothing. */
export async function insertEntries(db: Database, entries: readonly ChainedRecord[]): Promise<void> {
  await db
    .insertInto('audit_entries')
    .values(
      entries.map((entry) => ({
        id: entry.id,
        at: new Date(entry.at),
        actor_id: entry.actorId,
        action: entry.action,
        subject_id: entry.subjectId,
        call_id: entry.callId,
        details: JSON.stringify(entry.details),
        chain_id: entry.chainId,
        sequence: entry.sequence,
        previous_hash: Buffer.from(entry.previousHash, 'hex'),
        hash: Buffer.from(entry.hash, 'hex'),
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Newest first; those before `before` (exclusive). Names are those of today; somebody removed has his id for a name. */
export async function findEntries(
  db: Database,
  filters: AuditFilters,
  before: { at: Date; id: string } | null,
  limit: number,
): Promise<AuditEntry[]> {
  let query = db
    .selectFrom('audit_entries as entry')
    .leftJoin('people as actor', 'actor.id', 'entry.actor_id')
    .leftJoin('people as subject', 'subject.id', 'entry.subject_id')
    .select(['entry.id', 'at', 'actor_id', 'action', 'subject_id', 'call_id', 'details'])
    .select(['chain_id', 'sequence', 'hash'])
    .select(['actor.name as actor_name', 'subject.name as subject_name'])
    .orderBy('entry.at', 'desc')
    .orderBy('entry.id', 'desc')
    .limit(limit);
  if (filters.from) query = query.where('at', '>=', new Date(filters.from));
  if (filters.to) query = query.where('at', '<', new Date(filters.to));
  if (filters.actor) query = query.where('actor_id', '=', filters.actor);
  if (filters.subject) query = query.where('subject_id', '=', filters.subject);
  if (filters.call) query = query.where('call_id', '=', filters.call);
  if (filters.action) query = query.where('action', '=', filters.action);
  if (before) query = query.where(sql<boolean>`(entry.at, entry.id) < (${before.at}, ${before.id}::uuid)`);
  return (await query.execute()).map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    actor: reference(row.actor_id, row.actor_name),
    action: row.action,
    subject: reference(row.subject_id, row.subject_name),
    callId: row.call_id,
    details: (row.details ?? {}) as Record<string, unknown>,
    chainId: row.chain_id,
    sequence: row.sequence,
    hash: row.hash?.toString('hex') ?? null,
  }));
}

export async function hasEntry(
  db: Database,
  { action, since, listeningId }: { action: string; since: Date; listeningId: string },
): Promise<boolean> {
  const found = await db
    .selectFrom('audit_entries')
    .select('id')
    .where('action', '=', action)
    .where('at', '>=', since)
    .where(sql<boolean>`details->>'listeningId' = ${listeningId}`)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

const reference = (id: string | null, name: string | null): AuditEntry['actor'] =>
  id === null ? null : { id, name: name ?? id };
