import type { Supervision } from '../../../contract/supervisions.ts';
import { phoneStore } from '../../shared/phone/phone-state.ts';
import { sessionStore } from '../../shared/session/session-store.ts';

type Device = Supervision['device'];
const key = (personId: string) => `vigie.listensWith.${personId}`;

/** What one listens with unless asked for something else: the only device there is, or the one chosen last in this browser. */
export function usualDevice(): Device {
  const session = sessionStore.get();
  if (session.state !== 'signed-in') return 'phone';
  const { id, device } = session.session.person;
  if (phoneStore.get().link !== 'connected') return 'phone';
  if (device === null) return 'browser';
  try {
    return localStorage.getItem(key(id)) === 'browser' ? 'browser' : 'phone';
  } catch {
    return 'phone';
  }
}

export function rememberDevice(personId: string, device: Device): void {
  try {
    localStorage.setItem(key(personId), device);
  } catch {
    // A full or forbidden storage only costs the memory of the choice.
  }
}
