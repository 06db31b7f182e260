import type { CallFact } from './leg-facts.ts';

export type DialFact = Extract<CallFact, { kind: 'dial' }>;

/** How a leg was dialled, and what became of it. */
export interface DialView {
  /** null: nobody's leg dialled (an originate). */
  by: string | null;
  atMs: number;
  endedAtMs: number | null;
  dialString: string;
  status: DialFact['status'];
  forward: string;
}

export function dialOf(before: DialView | null, fact: DialFact): DialView {
  const { callerUniqueId: by, atMs, dialString, forward, status } = fact;
  const dial: DialView = before ?? { by, atMs, endedAtMs: null, dialString: '', status: '', forward: '' };
  dial.by ??= by;
  if (dialString !== '') dial.dialString = dialString;
  if (forward !== '') dial.forward = forward;
  if (status === '' || isRinging(fact) || status === 'PROCEEDING') return dial;
  dial.endedAtMs ??= atMs;
  if (dial.status === '') dial.status = status;
  return dial;
}

export const isRinging = ({ status }: DialFact): boolean => status === 'RINGING' || status === 'PROGRESS';
