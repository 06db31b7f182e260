import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { ChainedRecord, ChainHead, SignedCheckpoint } from '../../ports/audit-chain.ts';

/** A row as it is, whatever somebody made of it. */
export type StoredEntry = ChainedRecord & { details: Record<string, unknown> };

const hexOf = (column: string) => sql<string>`coalesce(encode(${sql.ref(column)}, 'hex'), '')`;
/** Microseconds are read too: an entry has none. */
const exactTime = sql<string>`to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Entries of one chain from a place on (exclusive), in their order. */
export async function readChainPage(
  db: Database,
  chainId: string,
  after: { sequence: number; id: string },
  limit: number,
): Promise<StoredEntry[]> {
  const rows = await db
    .selectFrom('audit_entries')
    .select(['id', 'actor_id', 'action', 'subject_id', 'call_id', 'details', 'sequence'])
    .select([exactTime.as('at'), hexOf('previous_hash').as('previous_hash'), hexOf('hash').as('hash')])
    .where('chain_id', '=', chainId)
    .where('sequence', '>=', after.sequence)
    .where(sql<boolean>`(sequence, id) > (${after.sequence}::bigint, ${after.id}::uuid)`)
    .orderBy('sequence')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    at: row.at.endsWith('000Z') ? `${row.at.slice(0, -4)}Z` : row.at,
    actorId: row.actor_id,
    action: row.action,
    subjectId: row.subject_id,
    callId: row.call_id,
    details: row.details as Record<string, unknown>,
    chainId,
    sequence: row.sequence!,
    previousHash: row.previous_hash,
    hash: row.hash,
  }));
}

export async function findChains(db: Database): Promise<string[]> {
  const { rows } = await sql<{ chain_id: string }>`
    with recursive chains as (
      (select chain_id from audit_entries where chain_id is not null order by chain_id limit 1)
      union all
      select (select chain_id from audit_entries e where e.chain_id > c.chain_id order by chain_id limit 1)
      from chains c where c.chain_id is not null
    )
    select chain_id from chains where chain_id is not null
    union select chain_id from audit_checkpoints order by chain_id`.execute(db);
  return rows.map((row) => row.chain_id);
}

/** Entries that have no place in any chain. */
export async function findUnchained(db: Database, limit: number): Promise<{ id: string }[]> {
  return await db
    .selectFrom('audit_entries')
    .select('id')
    .where((or) => or.or([or('chain_id', 'is', null), or('sequence', 'is', null)]))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Oldest first. */
export async function findCheckpoints(db: Database): Promise<SignedCheckpoint[]> {
  const rows = await db
    .selectFrom('audit_checkpoints')
    .selectAll()
    .orderBy('chain_id')
    .orderBy('through_sequence')
    .execute();
  return rows.map((row) => ({
    chainId: row.chain_id,
    throughSequence: row.through_sequence,
    throughHash: row.through_hash.toString('hex'),
    entries: row.entries,
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    madeAt: row.made_at.toISOString(),
    publicKey: row.public_key,
    signature: row.signature,
  }));
}

export async function insertCheckpoint(db: Database, checkpoint: SignedCheckpoint): Promise<void> {
  await db
    .insertInto('audit_checkpoints')
    .values({
      chain_id: checkpoint.chainId,
      through_sequence: checkpoint.throughSequence,
      through_hash: Buffer.from(checkpoint.throughHash, 'hex'),
      entries: checkpoint.entries,
      first_at: new Date(checkpoint.firstAt),
      last_at: new Date(checkpoint.lastAt),
      made_at: new Date(checkpoint.madeAt),
      public_key: checkpoint.publicKey,
      signature: checkpoint.signature,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** What a chain has before `at` without a gap: the entries that may be purged. Null when there are none. */
export async function findPurgeable(
  db: Database,
  chainId: string,
  at: Date,
): Promise<(ChainHead & { entries: number; firstAt: Date; lastAt: Date }) | null> {
  const { rows } = await sql<{ sequence: number; hash: Buffer; entries: number; first: Date; last: Date }>`
    with old as (
      select sequence, hash, at from audit_entries
      where chain_id = ${chainId} and sequence < coalesce(
        (select min(sequence) from audit_entries where chain_id = ${chainId} and at >= ${at}), ${2 ** 53}::bigint)
    ), counted as (
      select count(*) as entries, min(at) as first, max(at) as last, max(sequence) as sequence from old
    )
    select counted.*, old.hash from counted join old using (sequence)`.execute(db);
  const row = rows[0];
  if (!row) return null;
  const { sequence, entries, first: firstAt, last: lastAt } = row;
  return { sequence, hash: row.hash.toString('hex'), entries, firstAt, lastAt };
}

/** Removes at most `limit` entries up to `through`, oldest first; says how many. */
export async function deleteEntries(
  db: Database,
  chainId: string,
  through: number,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('audit_entries')
    .where('id', 'in', (from) =>
      from
        .selectFrom('audit_entries')
        .select('id')
        .where('chain_id', '=', chainId)
        .where('sequence', '<=', through)
        .orderBy('sequence')
        .limit(limit),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** What people gave as the reason of these supervisions, as far as it is kept. */
export async function findReasons(db: Database, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('supervisions')
    .select(['id', 'reason'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.filter(({ reason }) => reason !== '').map(({ id, reason }) => [id, reason]));
}
