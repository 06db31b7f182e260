import { useSyncExternalStore } from 'react';
import type { Permission } from '../../../contract/permissions.ts';
import type { Session } from '../../../contract/session.ts';
import type { RequestProblem } from '../http/request.ts';
import { createStore } from '../store.ts';

export type SessionState =
  /** `problem`: why it is not known yet who is signed in. */
  | { state: 'loading'; problem: RequestProblem['code'] | null }
  | { state: 'signed-out'; expired: boolean }
  | { state: 'signed-in'; session: Session };

export const sessionStore = createStore<SessionState>({ state: 'loading', problem: null });

export function useSession(): SessionState {
  return useSyncExternalStore(sessionStore.subscribe, sessionStore.get);
}

/** Who is signed in. Only below the shell, which is shown to signed-in people alone. */
export function useMe(): Session {
  const now = useSession();
  if (now.state !== 'signed-in') throw new Error('useMe outside a session');
  return now.session;
}

export function may(session: Session, permission: Permission): boolean {
  return session.permissions.includes(permission);
}
