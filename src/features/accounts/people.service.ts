import type { Transaction } from 'kysely';
import { pageSizeDefault } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import type {
  NewPerson,
  PeoplePage,
  PeopleQuery,
  PersonAccount,
  PersonPatch,
} from '../../contract/people.ts';
import type { Role } from '../../contract/permissions.ts';
import type { Database } from '../../database/database.ts';
import type { Tables } from '../../database/generated/tables.ts';
import { chosenPbx } from '../../ports/chosen-pbx.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog } from '../../ports/domain.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { hashPassword } from './password.ts';
import {
  findLogin,
  findPeople,
  findPerson,
  insertPerson,
  lockAdmins,
  lockPerson,
  normalLogin,
  updatePerson,
} from './people.repository.ts';
import { decodeCursor, encodeCursor } from './people-cursor.ts';
import type { Revocations } from './revocations.ts';
import { endSessions } from './sessions.repository.ts';

/** Writes what the agents feature keeps of a person: name, devices, teams. Throws `already-exists`. */
export type WriteDetails = (
  tx: Transaction<Tables>,
  personId: string,
  details: { name?: string; devices?: readonly string[]; teams?: readonly string[]; pbx?: string },
) => Promise<void>;

export interface PeopleDeps {
  db: Database;
  clock: Clock;
  audit: AuditLog;
  revocations: Revocations;
  writeDetails: WriteDetails;
  /** Every PBX that is configured. */
  pbxNames: readonly string[];
  /** Called after a change is committed. */
  changed: () => void;
  /** Called when somebody was signed out everywhere by another. */
  shutOut: (personId: string) => void;
}

/** Who does it: a signed-in person, or the machine's administrator at the command line. */
export type Actor = Viewer | 'command-line';

/** Logins, roles, teams and passwords of people. */
export function createPeople(deps: PeopleDeps) {
  const { db, clock, revocations, changed, pbxNames } = deps;
  const signOutEverywhere = async (personId: string): Promise<void> => {
    revocations.ended(await endSessions(db, { personId }, clock.now()));
    deps.shutOut(personId);
  };
  return {
    async list(viewer: Viewer, query: PeopleQuery): Promise<PeoplePage> {
      assertMay(viewer, 'people.edit');
      const limit = query.limit ?? pageSizeDefault;
      const after = query.cursor === undefined ? null : decodeCursor(query.cursor);
      const rows = await findPeople(db, { q: query.q, after, limit: limit + 1 });
      const items = rows.slice(0, limit);
      return { items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)!) : null };
    },

    async get(viewer: Viewer, id: string): Promise<PersonAccount> {
      assertMay(viewer, 'people.edit');
      return await existing(db, id);
    },

    async create(actor: Actor, person: NewPerson): Promise<PersonAccount> {
      assertMayGive(actor, person.roles);
      const login = normalLogin(person.login);
      // Who has no phone is on the first: his browser's phone will be.
      const pbx = chosenPbx(pbxNames, person.pbx ?? (person.endpoint ? undefined : pbxNames[0]));
      if (await findLogin(db, login)) throw loginTaken(login);
      const passwordHash = await hashPassword(person.password);
      const id = await db.transaction().execute(async (tx) => {
        const columns = { name: person.name, login, roles: person.roles, passwordHash, now: clock.now() };
        const made = await insertPerson(tx, columns).catch(asLoginTaken(login));
        const { teams, endpoint } = person;
        const devices = endpoint ? { devices: [endpoint] } : {};
        await deps.writeDetails(tx, made, { pbx, ...devices, ...(teams ? { teams } : {}) });
        await record(deps, actor, 'person.created', made, { roles: person.roles });
        return made;
      });
      changed();
      return await existing(db, id);
    },

    /** A new password, other roles or being disabled end the person's sessions within a second. */
    async change(actor: Actor, id: string, patch: PersonPatch): Promise<PersonAccount> {
      if (patch.roles) assertMayGive(actor, patch.roles);
      else assertMayGive(actor, []);
      const passwordHash = patch.password === undefined ? undefined : await hashPassword(patch.password);
      const { password: _, ...rest } = patch;
      const details = { fields: Object.keys(patch), roles: rest.roles, disabled: rest.disabled };
      await db.transaction().execute(async (tx) => {
        await writeChange(deps, tx, actor, id, patch, passwordHash);
        await record(deps, actor, 'person.changed', id, details);
      });
      if (patch.password !== undefined || patch.disabled === true) await signOutEverywhere(id);
      changed();
      return await existing(db, id);
    },

    /** Signs the person out everywhere. */
    async endSessions(viewer: Viewer, id: string): Promise<void> {
      assertMay(viewer, 'people.edit');
      const person = await existing(db, id);
      assertMayTouch(viewer, person.roles);
      await record(deps, viewer, 'sessions.ended', id, {});
      await signOutEverywhere(id);
    },

    /** For the command line. */
    async idOfLogin(login: string): Promise<string> {
      const person = await findLogin(db, normalLogin(login));
      if (!person) throw new AppError('not-found', `Nobody has the login ${login}`);
      return person.id;
    },

    everybody: (): Promise<PersonAccount[]> => findPeople(db, { after: null, limit: 100_000 }),
  };
}
export type PeopleService = ReturnType<typeof createPeople>;

async function writeChange(
  deps: PeopleDeps,
  tx: Transaction<Tables>,
  actor: Actor,
  id: string,
  patch: PersonPatch,
  passwordHash: string | undefined,
): Promise<void> {
  const admins = await lockAdmins(tx);
  const person = await lockPerson(tx, id);
  if (!person) throw new AppError('not-found', 'There is no such person');
  assertMayTouch(actor, person.roles);
  const stays = patch.disabled !== true && (patch.roles ?? person.roles).includes('admin');
  if (admins.length === 1 && admins[0] === id && !stays) {
    throw new AppError('not-allowed', 'The last administrator stays one: make another first');
  }
  if (patch.disabled && actor !== 'command-line' && actor.personId === id) {
    throw new AppError('not-allowed', 'You cannot disable yourself');
  }
  const login = patch.login === undefined ? undefined : normalLogin(patch.login);
  await updatePerson(tx, id, {
    ...(login === undefined ? {} : { login }),
    ...(patch.roles ? { roles: patch.roles } : {}),
    ...(passwordHash === undefined ? {} : { passwordHash }),
    ...(patch.disabled === undefined
      ? {}
      : { disabledAt: patch.disabled ? new Date(deps.clock.now()) : null }),
  }).catch(asLoginTaken(login ?? ''));
  const { name, teams, endpoint } = patch;
  const others = person.devices.filter((device) => device !== endpoint);
  await deps.writeDetails(tx, id, {
    ...(name === undefined ? {} : { name }),
    ...(teams === undefined ? {} : { teams }),
    ...(patch.pbx === undefined ? {} : { pbx: chosenPbx(deps.pbxNames, patch.pbx) }),
    ...(endpoint === undefined ? {} : { devices: [endpoint, ...others] }),
  });
}

/** Only an administrator makes administrators, and only one changes an administrator. */
function assertMayGive(actor: Actor, roles: readonly Role[]): void {
  if (actor === 'command-line') return;
  assertMay(actor, 'people.edit');
  assertMayTouch(actor, roles);
}

function assertMayTouch(actor: Actor, roles: readonly Role[]): void {
  if (actor === 'command-line' || actor.roles.includes('admin') || !roles.includes('admin')) return;
  throw new AppError('not-allowed', 'Only an administrator changes administrators');
}

async function existing(db: Database, id: string): Promise<PersonAccount> {
  const person = await findPerson(db, id);
  if (!person) throw new AppError('not-found', 'There is no such person');
  return person;
}

/** To be called as the last step before a transaction commits: without the entry nothing changes. */
async function record(
  { audit }: PeopleDeps,
  actor: Actor,
  action: string,
  subjectId: string,
  details: Record<string, unknown>,
): Promise<void> {
  const by =
    actor === 'command-line'
      ? { actorId: null, details: { ...details, by: actor } }
      : { actorId: actor.personId, details };
  await audit.write({ action, subjectId, callId: null, ...by });
}

const loginTaken = (login: string): AppError =>
  new AppError('already-exists', `Already taken: the login ${login}`);

const uniqueViolation = '23505';
const asLoginTaken =
  (login: string) =>
  (error: unknown): never => {
    throw (error as { code?: string }).code === uniqueViolation ? loginTaken(login) : error;
  };
