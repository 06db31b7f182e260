import type { Session } from '../../../contract/session.ts';
import { RequestProblem, request } from '../http/request.ts';
import { sessionStore } from './session-store.ts';

const retryMs = 2_000;

/** Asks who is signed in; keeps asking while the server does not answer. */
export async function loadSession(): Promise<void> {
  try {
    const session = await request<Session>('/api/session');
    sessionStore.set({ state: 'signed-in', session });
  } catch (error) {
    if (error instanceof RequestProblem && error.status === 401) {
      sessionStore.set({ state: 'signed-out', expired: false });
    } else {
      const problem = error instanceof RequestProblem ? error.code : 'internal';
      sessionStore.set({ state: 'loading', problem });
      setTimeout(() => void loadSession(), retryMs);
    }
  }
}

/** Throws `RequestProblem` (`bad-credentials`, `too-many-attempts`, …). */
export async function signIn(login: string, password: string): Promise<void> {
  const session = await request<Session>('/api/session', { method: 'POST', json: { login, password } });
  sessionStore.set({ state: 'signed-in', session });
}

export async function signOut(): Promise<void> {
  await request('/api/session', { method: 'DELETE' }).catch((error: unknown) => {
    // Already signed out is what was asked for.
    if (!(error instanceof RequestProblem) || error.status !== 401) throw error;
  });
  sessionStore.set({ state: 'signed-out', expired: false });
}

/** The server said that the session is over (revoked, expired). */
export function sessionEnded(): void {
  if (sessionStore.get().state === 'signed-in') sessionStore.set({ state: 'signed-out', expired: true });
}
