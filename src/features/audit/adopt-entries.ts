import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Database } from '../../database/database.ts';
import { type ChainHead, chained, noHash } from '../../ports/audit-chain.ts';

const adoptedAtOnce = 1_000;
/** Of `pg_advisory_xact_lock`: one server at a time. */
const lockNumber = 20_261_124;

/** What became of the entries that were written before there were chains. */
export interface Adoption {
  chainId: string;
  entries: number;
  hash: string;
}

/**
 * Chains the entries of before, once and for ever, some at a time: it goes on where it was stopped. Settles with what it
 * finished; null when there was nothing or it was done before.
 */
export async function adoptOldEntries(db: Database, now: () => Date): Promise<Adoption | null> {
  for (;;) {
    const step = await db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(tx);
      return await adoptSome(tx, now());
    });
    if (step !== 'more') return step;
  }
}

async function adoptSome(tx: Database, now: Date): Promise<Adoption | 'more' | null> {
  const begun = await tx.selectFrom('audit_adoption').selectAll().executeTakeFirst();
  if (begun?.done_at) return null;
  const chainId = begun?.chain_id ?? uuid();
  const head: ChainHead = { sequence: begun?.entries ?? 0, hash: begun?.hash?.toString('hex') ?? noHash };
  const rows = await tx
    .selectFrom('audit_entries')
    .selectAll()
    .where('chain_id', 'is', null)
    .orderBy('at')
    .orderBy('id')
    .limit(adoptedAtOnce)
    .execute();
  let last = head;
  const placed = rows.map((row) => {
    const said = { id: row.id, at: row.at.toISOString(), actorId: row.actor_id, action: row.action };
    const about = { subjectId: row.subject_id, callId: row.call_id };
    const entry = chained(
      { ...said, ...about, details: row.details as Record<string, unknown> },
      chainId,
      last,
    );
    last = entry;
    return entry;
  });
  if (placed.length > 0) {
    // An entry has milliseconds; those of before may have more.
    await sql`
      update audit_entries e
      set chain_id = ${chainId}, sequence = p.sequence, at = date_trunc('milliseconds', e.at),
        previous_hash = decode(p.previous, 'hex'), hash = decode(p.hash, 'hex')
      from unnest(${placed.map(({ id }) => id)}::uuid[], ${placed.map(({ sequence }) => sequence)}::bigint[],
        ${placed.map(({ previousHash }) => previousHash)}::text[], ${placed.map(({ hash }) => hash)}::text[])
        as p (id, sequence, previous, hash)
      where e.id = p.id`.execute(tx);
  }
  const isDone = rows.length < adoptedAtOnce;
  const row = {
    chain_id: last.sequence > 0 ? chainId : null,
    entries: last.sequence,
    hash: Buffer.from(last.hash, 'hex'),
    done_at: isDone ? now : null,
  };
  await tx
    .insertInto('audit_adoption')
    .values(row)
    .onConflict((conflict) => conflict.column('only_one').doUpdateSet(row))
    .execute();
  if (!isDone) return 'more';
  return last.sequence > 0 ? { chainId, entries: last.sequence, hash: last.hash } : null;
}

/** Whether entries outside every chain are strangers by now. */
export async function isAdoptionDone(db: Database): Promise<boolean> {
  const row = await db.selectFrom('audit_adoption').select('done_at').executeTakeFirst();
  return row?.done_at != null;
}
