import Type, { type Static } from 'typebox';
import { Id, NamedRef, Nullable, Page, pageSizeDefault, pageSizeMax, Time } from './common.ts';

/** Who did what to whom. `actor` null: the system or the command line, which `details.by` tells. */
export const AuditEntry = Type.Object({
  id: Id,
  at: Time,
  actor: Nullable(NamedRef),
  action: Type.String(),
  subject: Nullable(NamedRef),
  callId: Nullable(Id),
  details: Type.Record(Type.String(), Type.Unknown()),
});
export type AuditEntry = Static<typeof AuditEntry>;
export const AuditPage = Page(AuditEntry);
export type AuditPage = Static<typeof AuditPage>;

/** `from` is inclusive, `to` exclusive. */
export const AuditFilters = Type.Object(
  {
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    actor: Type.Optional(Id),
    subject: Type.Optional(Id),
    call: Type.Optional(Id),
    action: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  { additionalProperties: false },
);
export type AuditFilters = Static<typeof AuditFilters>;
export const AuditQuery = Type.Object(
  {
    ...AuditFilters.properties,
    cursor: Type.Optional(Type.String({ maxLength: 200 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax, default: pageSizeDefault })),
  },
  { additionalProperties: false },
);
export type AuditQuery = Static<typeof AuditQuery>;
