import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { NamedRef } from '../../contract/common.ts';
import type { PersonAccount } from '../../contract/people.ts';
import type { Role } from '../../contract/permissions.ts';
import type { Database } from '../../database/database.ts';

/** Logins are kept in small letters. */
export const normalLogin = (login: string): string =>
  login.normalize('NFKC').trim().toLowerCase().slice(0, 100);

/** Somebody who may sign in: he has a login, a password, and is not disabled. */
export async function findPersonByLogin(
  db: Database,
  login: string,
): Promise<{ id: string; passwordHash: string } | undefined> {
  const row = await db
    .selectFrom('people')
    .select(['id', 'password_hash'])
    .where('login', '=', login)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  return row?.password_hash ? { id: row.id, passwordHash: row.password_hash } : undefined;
}

/** Anybody with that login, disabled ones too. */
export async function findLogin(db: Database, login: string): Promise<{ id: string } | undefined> {
  return await db.selectFrom('people').select('id').where('login', '=', login).executeTakeFirst();
}

export async function setPasswordHash(db: Database, personId: string, passwordHash: string): Promise<void> {
  await db.updateTable('people').set({ password_hash: passwordHash }).where('id', '=', personId).execute();
}

export interface PersonPageRequest {
  q?: string | undefined;
  after: { name: string; id: string } | null;
  limit: number;
}

/** By name; `limit` of them after the given one. */
export async function findPeople(db: Database, request: PersonPageRequest): Promise<PersonAccount[]> {
  let query = accounts(db).orderBy(sql`lower(people.name)`).orderBy('people.id').limit(request.limit);
  const { after, q } = request;
  if (after) {
    query = query.where(
      sql<boolean>`(lower(people.name), people.id) > (lower(${after.name}), ${after.id}::uuid)`,
    );
  }
  if (q) {
    const contains = `%${q.replace(/[\\%_]/g, '\\$&')}%`;
    query = query.where((where) =>
      where.or([where('people.name', 'ilike', contains), where('people.login', 'ilike', contains)]),
    );
  }
  return (await query.execute()).map(toAccount);
}

export async function findPerson(db: Database, id: string): Promise<PersonAccount | undefined> {
  const row = await accounts(db).where('people.id', '=', id).executeTakeFirst();
  return row && toAccount(row);
}

function accounts(db: Database) {
  return db
    .selectFrom('people')
    .select(['people.id', 'login', 'name', 'roles', 'pbx', 'devices', 'disabled_at', 'created_at'])
    .select([
      sql<
        NamedRef[]
      >`coalesce((select jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name) order by t.name)
        from team_members m join teams t on t.id = m.team_id where m.person_id = people.id), '[]')`.as(
        'teams',
      ),
      sql<Date | null>`(select max(last_used_at) from sessions s where s.person_id = people.id)`.as(
        'last_seen_at',
      ),
    ]);
}

type AccountRow = Awaited<ReturnType<ReturnType<typeof accounts>['executeTakeFirstOrThrow']>>;

const toAccount = (row: AccountRow): PersonAccount => ({
  id: row.id,
  login: row.login,
  name: row.name,
  roles: row.roles as Role[],
  teams: row.teams,
  pbx: row.pbx,
  devices: row.devices,
  disabled: row.disabled_at !== null,
  lastSeenAt: row.last_seen_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
});

export interface PersonColumns {
  login?: string;
  roles?: Role[];
  passwordHash?: string;
  disabledAt?: Date | null;
}

export async function insertPerson(
  db: Database,
  person: PersonColumns & { name: string; now: number },
): Promise<string> {
  const id = uuid();
  await db
    .insertInto('people')
    .values({
      id,
      name: person.name,
      login: person.login ?? null,
      password_hash: person.passwordHash ?? null,
      roles: person.roles ?? [],
      created_at: new Date(person.now),
    })
    .execute();
  return id;
}

export async function updatePerson(db: Database, id: string, change: PersonColumns): Promise<void> {
  const columns = {
    ...(change.login === undefined ? {} : { login: change.login }),
    ...(change.roles === undefined ? {} : { roles: change.roles }),
    ...(change.passwordHash === undefined ? {} : { password_hash: change.passwordHash }),
    ...(change.disabledAt === undefined ? {} : { disabled_at: change.disabledAt }),
  };
  if (Object.keys(columns).length === 0) return;
  await db.updateTable('people').set(columns).where('id', '=', id).execute();
}

/** Locks the rows of those who can administer, so that two cannot remove each other. */
export async function lockAdmins(db: Database): Promise<string[]> {
  const rows = await db
    .selectFrom('people')
    .select('id')
    .where(sql<boolean>`'admin' = any(roles)`)
    .where('disabled_at', 'is', null)
    .where('login', 'is not', null)
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map((row) => row.id);
}

export async function lockPerson(
  db: Database,
  id: string,
): Promise<{ roles: Role[]; devices: string[] } | undefined> {
  const row = await db
    .selectFrom('people')
    .select(['roles', 'devices'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row && { roles: row.roles as Role[], devices: row.devices };
}
