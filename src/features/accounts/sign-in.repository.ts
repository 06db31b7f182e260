import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { type Failures, signInLimits } from './sign-in-limits.ts';

const failuresReadMax = signInLimits.addressMax;
const failuresKeptMs = 24 * 3_600_000;

interface Attempt {
  login: string;
  address: string;
  at: number;
}

/**
 * Notes an attempt as failed before it is tried, so that many at once cannot pass the limits together; a right password
 * takes it back. Returns its number.
 */
export async function noteAttempt(db: Database, attempt: Attempt): Promise<number> {
  const { id } = await db
    .insertInto('sign_in_failures')
    .values({ login: attempt.login, address: attempt.address, at: new Date(attempt.at) })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** The failures within the window that came before attempt `id`. */
export async function failuresBefore(db: Database, id: number, attempt: Attempt): Promise<Failures> {
  const times = async (of: { login?: string; address?: string }): Promise<number[]> => {
    let query = db
      .selectFrom('sign_in_failures')
      .select('at')
      .where('at', '>', new Date(attempt.at - signInLimits.windowMs))
      .where('id', '<', id);
    if (of.login !== undefined) query = query.where('login', '=', of.login);
    if (of.address !== undefined) query = query.where('address', '=', of.address);
    const rows = await query.orderBy('at', 'desc').limit(failuresReadMax).execute();
    return rows.map((row) => row.at.getTime());
  };
  const { login, address } = attempt;
  const [pair, ofLogin, ofAddress] = await Promise.all([
    times({ login, address }),
    times({ login }),
    times({ address }),
  ]);
  return { pair, login: ofLogin, address: ofAddress };
}

export async function forgetAttempt(db: Database, id: number): Promise<void> {
  await db.deleteFrom('sign_in_failures').where('id', '=', id).execute();
}

/** A right password ends the count of that login at that address. */
export async function forgetFailures(db: Database, login: string, address: string): Promise<void> {
  await db.deleteFrom('sign_in_failures').where('login', '=', login).where('address', '=', address).execute();
}

export async function purgeFailures(db: Database, now: number): Promise<void> {
  await db
    .deleteFrom('sign_in_failures')
    .where('at', '<', new Date(now - failuresKeptMs))
    .execute();
}

/** Whether the person signed in from that address lately. */
export async function isKnownAddress(
  db: Database,
  personId: string,
  address: string,
  now: number,
): Promise<boolean> {
  const since = new Date(now - signInLimits.knownForDays * 86_400_000);
  const row = await db
    .selectFrom('sessions')
    .select(sql<number>`1`.as('one'))
    .where('person_id', '=', personId)
    .where('address', '=', address)
    .where('created_at', '>', since)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
