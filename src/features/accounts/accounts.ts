import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../database/database.ts';
import { noTies } from '../../ports/absent.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog, ListeningPolicy, PeopleDirectory } from '../../ports/domain.ts';
import type { Sessions } from '../../ports/http-viewer.ts';
import type { LiveSessions } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import { makeViewer } from '../../ports/viewer.ts';
import { peopleRoutes } from './people.routes.ts';
import { createPeople, type PeopleService, type WriteDetails } from './people.service.ts';
import { createRevocations } from './revocations.ts';
import { sessionRoutes } from './session.routes.ts';
import { purgeSessions } from './sessions.repository.ts';
import { createSessions } from './sessions.service.ts';
import { purgeFailures } from './sign-in.repository.ts';

const purgeEveryMs = 3_600_000;

export interface AccountsDeps {
  db: Database;
  clock: Clock;
  log: Log;
  audit: AuditLog;
  writeDetails: WriteDetails;
  /** Every PBX that is configured. Default: none. */
  pbxNames?: readonly string[];
  config: { sessionHours: number; publicUrl: string | null };
  /** Takes rights from roles. Default: none. */
  policy?: Pick<ListeningPolicy, 'withheldFrom' | 'onChange'>;
  /** Called after people, roles or teams were changed here, e.g. to refresh the directory. */
  changed?: () => void;
}

export interface Accounts extends Sessions {
  people: PeopleService;
  routes: FastifyPluginAsyncTypebox[];
  /** Sign-ins as sockets need them. */
  liveSessions(directory: PeopleDirectory): LiveSessions;
  /** Somebody was signed out everywhere by another: disabled, given a new password, or shut out. */
  onShutOut(listener: (personId: string) => void): void;
  close(): void;
}

/** Sign-in, sessions, and the people who may. Close it before the database. */
export function createAccounts(deps: AccountsDeps): Accounts {
  const { db, clock, log, audit } = deps;
  const { sessionHours, publicUrl } = deps.config;
  const revocations = createRevocations({ db, clock, log });
  const policy = deps.policy ?? noTies.policy;
  const sessions = createSessions({ db, clock, audit, revocations, sessionHours, policy });
  const shutOutListeners = new Set<(personId: string) => void>();
  const people = createPeople({
    db,
    clock,
    audit,
    revocations,
    writeDetails: deps.writeDetails,
    pbxNames: deps.pbxNames ?? [],
    changed: deps.changed ?? (() => {}),
    shutOut(personId) {
      for (const listener of shutOutListeners) listener(personId);
    },
  });
  const purge = () => {
    Promise.all([purgeFailures(db, clock.now()), purgeSessions(db, clock.now())]).catch((error: unknown) =>
      log.warn({ err: error }, 'old sign-ins were not purged'),
    );
  };
  const timer = setInterval(purge, purgeEveryMs);
  timer.unref();
  return {
    people,
    viewerOfCookie: sessions.viewerOfCookie,
    routes: [
      sessionRoutes({ sessions, secure: publicUrl?.startsWith('https:') ?? false, sessionHours }),
      peopleRoutes(people),
    ],
    liveSessions: (directory) => ({
      async open(cookieHeader) {
        const session = await sessions.find(cookieHeader);
        if (!session) return null;
        const sessionKey = session.tokenHash.toString('hex');
        if (!revocations.watch(sessionKey)) return null;
        return { viewer: sessions.viewerOf(session), sessionKey, expiresAtMs: session.expiresAt.getTime() };
      },
      onRevoked: revocations.onRevoked,
      viewer(personId) {
        const person = directory.byId(personId);
        const teamIds = person?.teams.map((team) => team.id) ?? [];
        return person
          ? makeViewer({ ...person, teamIds, withheld: policy.withheldFrom(person.roles) })
          : null;
      },
      onViewersChanged(listener) {
        const stops = [directory.onChange(listener), policy.onChange(listener)];
        return () => {
          for (const stop of stops) stop();
        };
      },
    }),
    onShutOut: (listener) => void shutOutListeners.add(listener),
    close() {
      clearInterval(timer);
      revocations.close();
    },
  };
}
