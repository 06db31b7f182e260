import type { findPerson } from './people.repository.ts';
import type { SessionRow } from './sessions.repository.ts';

type PersonRow = NonNullable<Awaited<ReturnType<typeof findPerson>>>;

/** Sign-ins as the database last told them, for while it is away. Nobody can be shut out by it meanwhile, nor let in. */
export interface RememberedSessions {
  keep(session: SessionRow): void;
  keepPerson(person: PersonRow): void;
  forget(sessionKey: string): void;
  /** Undefined for one that was not seen since the start, or is over. */
  find(tokenHash: Buffer, nowMs: number): SessionRow | undefined;
  person(id: string): PersonRow | undefined;
}

export const rememberedMax = 20_000;

export function createRememberedSessions(): RememberedSessions {
  const sessions = new Map<string, SessionRow>();
  const people = new Map<string, PersonRow>();
  return {
    keep: (session) => put(sessions, session.tokenHash.toString('hex'), session),
    keepPerson: (person) => put(people, person.id, person),
    forget: (sessionKey) => void sessions.delete(sessionKey),
    find(tokenHash, nowMs) {
      const found = sessions.get(tokenHash.toString('hex'));
      return found && found.expiresAt.getTime() > nowMs ? found : undefined;
    },
    person: (id) => people.get(id),
  };
}

/** The one that was not used for longest goes. */
function put<T>(into: Map<string, T>, key: string, value: T): void {
  into.delete(key);
  into.set(key, value);
  if (into.size > rememberedMax) into.delete(into.keys().next().value!);
}
