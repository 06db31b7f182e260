import type { BrowserPhones } from '../../ports/domain.ts';

/** One person's browser phone, for as long as a page of his is there or has just left. */
export interface Phone {
  personId: string;
  pbx: string;
  endpoint: string;
  password: string;
  /** Made by us, in the PBX's memory; false: configured by the administrator. */
  isMade: boolean;
  context: string;
  callerName: string;
  /** The page that is the phone, or was last; null until one has come. */
  page: string | null;
  /** Ends its connection; null while none is open. */
  close: ((code: number) => void) | null;
  /** The PBX knows where to reach it. */
  isRegistered: boolean;
  /** Runs while nobody is connected. */
  leaving: NodeJS.Timeout | null;
}

export const dialStringOf = ({ endpoint }: Pick<Phone, 'endpoint'>): string => `PJSIP/${endpoint}`;

/** The phones there are, and who is told when one comes or goes. */
export function createPhoneBook() {
  const phones = new Map<string, Phone>();
  const listeners = new Set<(personId: string) => void>();
  const told = new Map<string, string>();

  const deviceOf = (personId: string): string | null => {
    const phone = phones.get(personId);
    return phone?.close && phone.isRegistered ? dialStringOf(phone) : null;
  };
  const board: BrowserPhones = {
    deviceOf,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    phones,
    board,
    /** To be called after any change to a phone: those who look at it hear of it once. */
    touched(personId: string): void {
      const now = deviceOf(personId);
      if ((told.get(personId) ?? null) === now) return;
      if (now === null) told.delete(personId);
      else told.set(personId, now);
      for (const listener of listeners) listener(personId);
    },
  };
}
export type PhoneBook = ReturnType<typeof createPhoneBook>;
