import type { AuditFilters } from '../../../contract/audit.ts';
import { type CallsView, dayOf, readView, toApi, writeView } from '../calls/filters.ts';

const ownFilters = ['actor', 'subject', 'action', 'call'] as const;
type OwnFilter = (typeof ownFilters)[number];
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** What the address of the audit page holds. `call` is what was typed, whole or not. */
export interface AuditView {
  period: CallsView;
  own: Record<OwnFilter, string | null>;
}

export const isId = (text: string): boolean => uuid.test(text.trim());

/** Without a period in the address: all of it, for an entry is looked for long after its day. */
export function readAuditView(search: string): AuditView {
  const given = new URLSearchParams(search);
  const own = Object.fromEntries(ownFilters.map((name) => [name, given.get(name) || null]));
  const days = new URLSearchParams();
  for (const name of ['fromDay', 'toDay']) {
    const day = given.get(name);
    if (day !== null) days.set(name, day);
  }
  if (days.size === 0) days.set('days', 'all');
  return { period: readView(days, dayOf(new Date())), own: own as AuditView['own'] };
}

export function writeAuditView({ period, own }: AuditView): URLSearchParams {
  const params = writeView(period);
  for (const name of ownFilters) if (own[name]) params.set(name, own[name]);
  return params;
}

/** What the API is asked: an id that is not whole yet, or never will be, is not sent. */
export function auditQuery({ period, own }: AuditView): { [K in keyof AuditFilters]: string | undefined } {
  const id = (text: string | null) => (text !== null && isId(text) ? text.trim() : undefined);
  const { from, to } = toApi(period);
  return {
    from,
    to,
    actor: id(own.actor),
    subject: id(own.subject),
    call: id(own.call),
    action: own.action ?? undefined,
  };
}
