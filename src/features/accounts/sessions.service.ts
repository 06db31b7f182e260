import { AppError } from '../../contract/errors.ts';
import { permissions } from '../../contract/permissions.ts';
import type { Session } from '../../contract/session.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog, ListeningPolicy } from '../../ports/domain.ts';
import { makeViewer, type Viewer } from '../../ports/viewer.ts';
import { hashPassword, verifyPassword } from './password.ts';
import { findPerson, findPersonByLogin, normalLogin, setPasswordHash } from './people.repository.ts';
import { createRememberedSessions } from './remembered-sessions.ts';
import type { Revocations } from './revocations.ts';
import { hashToken, newToken, tokenOf } from './session-token.ts';
import {
  endSessions,
  findSession,
  insertSession,
  type SessionRow,
  touchSession,
} from './sessions.repository.ts';
import {
  failuresBefore,
  forgetAttempt,
  forgetFailures,
  isKnownAddress,
  noteAttempt,
} from './sign-in.repository.ts';
import { addressKey, waitBeforeAttemptMs } from './sign-in-limits.ts';

const sessionsPerPersonMax = 20;
const touchEveryMs = 60_000;
const userAgentLengthMax = 300;

export interface SessionsDeps {
  db: Database;
  clock: Clock;
  audit: AuditLog;
  revocations: Revocations;
  sessionHours: number;
  policy: Pick<ListeningPolicy, 'withheldFrom'>;
}
export interface Client {
  address: string;
  userAgent: string;
}

/** Sign-in, sign-out and who a cookie belongs to. */
export function createSessions(deps: SessionsDeps) {
  const { db, clock, audit, revocations } = deps;
  const remembered = createRememberedSessions();
  revocations.onEnded(remembered.forget);

  /** While the database is away, who was signed in stays so. */
  async function findKept(tokenHash: Buffer, now: number): Promise<SessionRow | undefined> {
    try {
      const session = await findSession(db, tokenHash, now);
      if (session) remembered.keep(session);
      else remembered.forget(tokenHash.toString('hex'));
      return session;
    } catch (error) {
      const kept = isAway(error) ? remembered.find(tokenHash, now) : undefined;
      if (!kept) throw error;
      return kept;
    }
  }

  async function personKept(id: string) {
    try {
      const person = await findPerson(db, id);
      if (person) remembered.keepPerson(person);
      return person;
    } catch (error) {
      const kept = isAway(error) ? remembered.person(id) : undefined;
      if (!kept) throw error;
      return kept;
    }
  }

  async function find(cookieHeader: string | undefined): Promise<SessionRow | null> {
    const token = tokenOf(cookieHeader);
    if (!token) return null;
    const now = clock.now();
    const session = await findKept(hashToken(token), now);
    if (!session) return null;
    // When it was last used is told to administrators only: no click waits for it, and a failure costs nothing.
    if (now - session.lastUsedAt.getTime() > touchEveryMs)
      touchSession(db, session.tokenHash, now).catch(() => {});
    return session;
  }

  const viewerOf = ({ personId, name, roles, teamIds }: SessionRow): Viewer =>
    makeViewer({ id: personId, name, roles, teamIds, withheld: deps.policy.withheldFrom(roles) });

  return {
    find,
    viewerOf,

    async viewerOfCookie(cookieHeader: string | undefined): Promise<Viewer | null> {
      const session = await find(cookieHeader);
      return session && viewerOf(session);
    },

    /** The new session's token. Throws `bad-credentials`, `too-many-attempts` with `retryAfterS`. */
    async signIn(
      login: string,
      password: string,
      client: Client,
    ): Promise<{ token: string; personId: string }> {
      const personId = await checkCredentials(deps, normalLogin(login), password, addressKey(client.address));
      const token = newToken();
      const now = clock.now();
      await insertSession(
        db,
        {
          tokenHash: hashToken(token),
          personId,
          now,
          expiresAt: new Date(now + deps.sessionHours * 3_600_000),
          userAgent: client.userAgent.slice(0, userAgentLengthMax),
          address: addressKey(client.address),
        },
        sessionsPerPersonMax,
      );
      await audit.write({
        actorId: personId,
        action: 'session.signed-in',
        subjectId: personId,
        callId: null,
      });
      return { token, personId };
    },

    /** Signing out twice is fine. */
    async signOut(cookieHeader: string | undefined): Promise<void> {
      const session = await find(cookieHeader);
      if (!session) return;
      const { tokenHash, personId } = session;
      revocations.ended(await endSessions(db, { tokenHash }, clock.now()));
      await audit.write({
        actorId: personId,
        action: 'session.signed-out',
        subjectId: personId,
        callId: null,
      });
    },

    /** Who am I, what may I. Throws `not-signed-in`. */
    async describe(cookieHeader: string | undefined): Promise<Session> {
      const session = await find(cookieHeader);
      const person = session && (await personKept(session.personId));
      if (!session || !person) throw new AppError('not-signed-in');
      const held = viewerOf(session).permissions;
      return {
        person: {
          id: person.id,
          login: person.login,
          name: person.name,
          roles: person.roles,
          teams: person.teams,
          device: person.devices[0] ?? null,
        },
        permissions: permissions.filter((permission) => held.has(permission)),
        expiresAt: session.expiresAt.toISOString(),
      };
    },

    /** One's own password; every other session of the person ends. Limits as for signing in. */
    async changePassword(
      cookieHeader: string | undefined,
      change: { current: string; password: string },
      client: Client,
    ): Promise<void> {
      const session = await find(cookieHeader);
      const login = session && (await findPerson(db, session.personId))?.login;
      if (!session || !login) throw new AppError('not-signed-in');
      await checkCredentials(deps, login, change.current, addressKey(client.address));
      const { personId, tokenHash } = session;
      await setPasswordHash(db, personId, await hashPassword(change.password));
      revocations.ended(await endSessions(db, { personId, except: tokenHash }, clock.now()));
      await audit.write({ actorId: personId, action: 'password.changed', subjectId: personId, callId: null });
    },
  };
}
export type SessionsService = ReturnType<typeof createSessions>;

const isAway = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'database-unavailable';

const nobodyId = '00000000-0000-0000-0000-000000000000';

/** An unknown login costs and answers the same as a wrong password. */
async function checkCredentials(
  { db, clock }: SessionsDeps,
  login: string,
  password: string,
  address: string,
): Promise<string> {
  const now = clock.now();
  const attempt = { login, address, at: now };
  const id = await noteAttempt(db, attempt);
  const person = await findPersonByLogin(db, login);
  const known = await isKnownAddress(db, person?.id ?? nobodyId, address, now);
  const waitMs = waitBeforeAttemptMs(await failuresBefore(db, id, attempt), known, now);
  if (waitMs > 0) {
    await forgetAttempt(db, id);
    throw new AppError('too-many-attempts', undefined, { retryAfterS: Math.ceil(waitMs / 1_000) });
  }
  if (!(await verifyPassword(password, person?.passwordHash ?? null)) || !person) {
    throw new AppError('bad-credentials');
  }
  await forgetFailures(db, login, address);
  return person.id;
}
