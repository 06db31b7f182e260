import { randomBytes } from 'node:crypto';
import { AppError } from '../../contract/errors.ts';

/** From the reply to the websocket: a moment. */
export const ticketLifeMs = 30_000;
/** Tickets one person may hold unused: a page that comes back after a bad network asks again and again. */
export const ticketsPerPersonMax = 8;

interface Ticket {
  personId: string;
  page: string;
  expiresAtMs: number;
}

/** Tickets that open the gate once, for the person they were given to. Kept in memory only. */
export function createPhoneTickets() {
  const tickets = new Map<string, Ticket>();

  function forgetOld(nowMs: number): void {
    for (const [secret, { expiresAtMs }] of tickets) if (expiresAtMs <= nowMs) tickets.delete(secret);
  }
  return {
    /** Throws `too-many-attempts`. */
    issue(personId: string, page: string, nowMs: number): { ticket: string; expiresAtMs: number } {
      forgetOld(nowMs);
      const held = [...tickets.values()].filter((one) => one.personId === personId).length;
      if (held >= ticketsPerPersonMax) {
        throw new AppError('too-many-attempts', undefined, { retryAfterS: Math.ceil(ticketLifeMs / 1_000) });
      }
      const ticket = randomBytes(24).toString('hex');
      const expiresAtMs = nowMs + ticketLifeMs;
      tickets.set(ticket, { personId, page, expiresAtMs });
      return { ticket, expiresAtMs };
    },
    /** The page it was given to; null when it is unknown, used, late or another's, which spends it too. */
    redeem(ticket: string, personId: string, nowMs: number): { page: string } | null {
      forgetOld(nowMs);
      const found = tickets.get(ticket);
      tickets.delete(ticket);
      return found?.personId === personId ? { page: found.page } : null;
    },
  };
}
