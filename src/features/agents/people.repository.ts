import { sql, type Transaction } from 'kysely';
import { v7 } from 'uuid';
import { AppError } from '../../contract/errors.ts';
import type { Role } from '../../contract/permissions.ts';
import type { Database } from '../../database/database.ts';
import type { Tables } from '../../database/generated/tables.ts';
import type { Person } from '../../ports/domain.ts';

type Writer = Transaction<Tables>;

/** Everybody who is not disabled, by name, with his teams. */
export async function readPeople(db: Database): Promise<Person[]> {
  const people = await db
    .selectFrom('people')
    .select(['id', 'login', 'name', 'public_name', 'roles', 'pbx', 'devices', 'interfaces'])
    .where('disabled_at', 'is', null)
    .orderBy('name')
    .orderBy('id')
    .execute();
  const members = await db
    .selectFrom('team_members')
    .innerJoin('teams', 'teams.id', 'team_members.team_id')
    .select(['team_members.person_id', 'teams.id', 'teams.name'])
    .orderBy('teams.name')
    .execute();
  const teams = Map.groupBy(members, (row) => row.person_id);
  return people.map((row) => ({
    id: row.id,
    login: row.login,
    name: row.name,
    publicName: row.public_name,
    roles: row.roles as Role[],
    teams: (teams.get(row.id) ?? []).map(({ id, name }) => ({ id, name })),
    pbx: row.pbx,
    devices: row.devices,
    interfaces: row.interfaces,
  }));
}

/** What this feature keeps of a person; his login, password and roles are the accounts'. Absent: left as it is. */
export interface PersonDetails {
  name?: string;
  publicName?: string | null;
  /** Dial strings of real devices, the first one is his endpoint. */
  devices?: readonly string[];
  interfaces?: readonly string[];
  /** Names of teams; those that do not exist are made. */
  teams?: readonly string[];
  /** The PBX his devices are on. */
  pbx?: string;
}

/** Changes whenever a person or a team does, whichever process wrote it; reading it costs next to nothing. */
export async function peopleFingerprint(db: Database): Promise<string> {
  const { rows } = await sql<{ fingerprint: string }>`
    select concat_ws(' ',
      (select concat(count(*), '/', max(xmin::text::bigint)) from people),
      (select concat(count(*), '/', max(xmin::text::bigint)) from teams),
      (select concat(count(*), '/', max(xmin::text::bigint)) from team_members)) as fingerprint`.execute(db);
  return rows[0]?.fingerprint ?? '';
}

/** Makes a person who is an agent; throws `already-exists` for a login or device that is taken. */
export async function insertAgent(
  tx: Writer,
  details: PersonDetails & { name: string; pbx: string; login?: string | null },
): Promise<string> {
  const id = v7();
  await tx
    .insertInto('people')
    .values({ id, name: details.name, login: details.login ?? null, roles: ['agent'], pbx: details.pbx })
    .execute()
    .catch(asTaken(`the login ${details.login ?? ''}`));
  await writePersonDetails(tx, id, details);
  return id;
}

/**
 * Writes a person's names, devices, queue interfaces and teams. Throws `already-exists` for a device that is
 * somebody else's.
 */
export async function writePersonDetails(
  tx: Writer,
  personId: string,
  details: PersonDetails,
): Promise<void> {
  const columns = {
    ...(details.name === undefined ? {} : { name: details.name }),
    ...(details.publicName === undefined ? {} : { public_name: details.publicName }),
    ...(details.pbx === undefined ? {} : { pbx: details.pbx }),
    ...(details.devices === undefined ? {} : { devices: [...details.devices] }),
    ...(details.interfaces === undefined ? {} : { interfaces: [...details.interfaces] }),
  };
  if (Object.keys(columns).length > 0)
    await tx.updateTable('people').set(columns).where('id', '=', personId).execute();
  if (details.devices) await writeDevices(tx, personId, details.devices);
  else if (details.pbx !== undefined) await moveDevices(tx, personId, details.pbx);
  if (details.teams) await writeTeams(tx, personId, details.teams);
}

async function writeDevices(tx: Writer, personId: string, devices: readonly string[]): Promise<void> {
  await tx.deleteFrom('person_devices').where('person_id', '=', personId).execute();
  if (devices.length === 0) return;
  const { pbx } = await tx
    .selectFrom('people')
    .select('pbx')
    .where('id', '=', personId)
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('person_devices')
    .values(devices.map((device) => ({ pbx, device, person_id: personId })))
    .execute()
    .catch(asTaken(`a device of ${devices.join(', ')}`));
}

/** His devices are those of the same names on another PBX. */
async function moveDevices(tx: Writer, personId: string, pbx: string): Promise<void> {
  await tx
    .updateTable('person_devices')
    .set({ pbx })
    .where('person_id', '=', personId)
    .where('pbx', '!=', pbx)
    .execute()
    .catch(asTaken('a device of this person on that PBX'));
}

async function writeTeams(tx: Writer, personId: string, names: readonly string[]): Promise<void> {
  await tx.deleteFrom('team_members').where('person_id', '=', personId).execute();
  const ids = await ensureTeams(tx, names);
  if (ids.length === 0) return;
  await tx
    .insertInto('team_members')
    .values(ids.map((teamId) => ({ team_id: teamId, person_id: personId })))
    .execute();
}

/** Ids of the named teams, in no order; those that do not exist yet are made. */
export async function ensureTeams(tx: Writer, names: readonly string[]): Promise<string[]> {
  const wanted = [...new Set(names.map((name) => name.trim()).filter((name) => name !== ''))];
  if (wanted.length === 0) return [];
  await tx
    .insertInto('teams')
    .values(wanted.map((name) => ({ id: v7(), name })))
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const rows = await tx.selectFrom('teams').select('id').where('name', 'in', wanted).execute();
  return rows.map((row) => row.id);
}

/** Locks the person's row; false when there is no such agent. */
export async function lockAgent(
  tx: Writer,
  id: string,
): Promise<{ devices: string[]; roles: string[]; pbx: string } | undefined> {
  return await tx
    .selectFrom('people')
    .select(['devices', 'roles', 'pbx'])
    .where('id', '=', id)
    .where('disabled_at', 'is', null)
    .where(sql<boolean>`'agent' = any(roles)`)
    .forUpdate()
    .executeTakeFirst();
}

const uniqueViolation = '23505';
/** Turns PostgreSQL's refusal of a duplicate into `already-exists`. */
export const asTaken =
  (what: string) =>
  (error: unknown): never => {
    if ((error as { code?: string }).code === uniqueViolation)
      throw new AppError('already-exists', `Already taken: ${what}`);
    throw error;
  };
