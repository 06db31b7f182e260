import { sql } from 'kysely';
import type { Role } from '../../contract/permissions.ts';
import type { Database } from '../../database/database.ts';
import { signInLimits } from './sign-in-limits.ts';

export interface SessionRow {
  tokenHash: Buffer;
  personId: string;
  name: string;
  roles: Role[];
  teamIds: string[];
  expiresAt: Date;
  lastUsedAt: Date;
}

/** The person behind a token that is still good. */
export async function findSession(
  db: Database,
  tokenHash: Buffer,
  now: number,
): Promise<SessionRow | undefined> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('people', 'people.id', 'sessions.person_id')
    .select(['people.id', 'people.name', 'people.roles', 'sessions.expires_at', 'sessions.last_used_at'])
    .select(
      sql<string[]>`array(select team_id from team_members where person_id = people.id order by team_id)`.as(
        'team_ids',
      ),
    )
    .where('sessions.token_hash', '=', tokenHash)
    .where('sessions.expires_at', '>', new Date(now))
    .where('people.disabled_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    tokenHash,
    personId: row.id,
    name: row.name,
    roles: row.roles as Role[],
    teamIds: row.team_ids,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}

/** Which of these tokens are still good, in hex. */
export async function stillGood(db: Database, tokenHashes: Buffer[], now: number): Promise<Set<string>> {
  if (tokenHashes.length === 0) return new Set();
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('people', 'people.id', 'sessions.person_id')
    .select('sessions.token_hash')
    .where(sql<boolean>`sessions.token_hash = any(${tokenHashes}::bytea[])`)
    .where('sessions.expires_at', '>', new Date(now))
    .where('people.disabled_at', 'is', null)
    .execute();
  return new Set(rows.map((row) => row.token_hash.toString('hex')));
}

export interface NewSession {
  tokenHash: Buffer;
  personId: string;
  now: number;
  expiresAt: Date;
  userAgent: string;
  address: string;
}

/** Adds a session and keeps the person's newest `keepMax`. */
export async function insertSession(db: Database, session: NewSession, keepMax: number): Promise<void> {
  await db
    .insertInto('sessions')
    .values({
      token_hash: session.tokenHash,
      person_id: session.personId,
      created_at: new Date(session.now),
      last_used_at: new Date(session.now),
      expires_at: session.expiresAt,
      user_agent: session.userAgent,
      address: session.address,
    })
    .execute();
  const tooOld = db
    .selectFrom('sessions')
    .select('token_hash')
    .where('person_id', '=', session.personId)
    .where('expires_at', '>', new Date(session.now))
    .orderBy('created_at', 'desc')
    .orderBy('token_hash')
    .offset(keepMax);
  await db
    .updateTable('sessions')
    .set({ expires_at: new Date(session.now) })
    .where('token_hash', 'in', tooOld)
    .execute();
}

export async function touchSession(db: Database, tokenHash: Buffer, now: number): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ last_used_at: new Date(now) })
    .where('token_hash', '=', tokenHash)
    .execute();
}

/** Ends sessions; the rows stay a while, since they tell which addresses are known. Returns the tokens ended, in hex. */
export async function endSessions(
  db: Database,
  which: { tokenHash: Buffer } | { personId: string; except?: Buffer },
  now: number,
): Promise<string[]> {
  let query = db
    .updateTable('sessions')
    .set({ expires_at: new Date(now) })
    .where('expires_at', '>', new Date(now))
    .returning('token_hash');
  if ('tokenHash' in which) query = query.where('token_hash', '=', which.tokenHash);
  else {
    query = query.where('person_id', '=', which.personId);
    if (which.except) query = query.where('token_hash', '<>', which.except);
  }
  return (await query.execute()).map((row) => row.token_hash.toString('hex'));
}

/** Removes sessions that ended so long ago that their address is no longer known. */
export async function purgeSessions(db: Database, now: number): Promise<void> {
  const before = new Date(now - signInLimits.knownForDays * 86_400_000);
  await db.deleteFrom('sessions').where('expires_at', '<', before).execute();
}
