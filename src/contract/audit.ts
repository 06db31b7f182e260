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
  /** Its place in its server's chain; null for an entry that has none. */
  chainId: Nullable(Id),
  sequence: Nullable(Type.Integer()),
  hash: Nullable(Type.String()),
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

export const auditFaultKinds = [
  'changed',
  'missing',
  'inserted',
  'moved',
  'reason-changed',
  'checkpoint',
  'unreadable',
] as const;

/** What is wrong with one entry, or with those from `sequence` to `toSequence`. */
export const AuditFault = Type.Object({
  kind: Type.Enum([...auditFaultKinds]),
  /** Where it was found: the database, or the log on the server's disk. */
  where: Type.Enum(['database', 'local']),
  chainId: Nullable(Type.String()),
  sequence: Nullable(Type.Integer()),
  toSequence: Nullable(Type.Integer()),
  entryId: Nullable(Type.String()),
  detail: Type.String(),
});
export type AuditFault = Static<typeof AuditFault>;

export const AuditVerification = Type.Object({
  /** No entry was changed, removed, inserted or moved. */
  intact: Type.Boolean(),
  checkedAt: Time,
  tookMs: Type.Integer(),
  /** Entries looked at, in the database and in the log on this server's disk. */
  databaseEntries: Type.Integer(),
  localEntries: Type.Integer(),
  /** In the local log only, on their way to the database. */
  notYetCopied: Type.Integer(),
  chains: Type.Array(
    Type.Object({
      chainId: Type.String(),
      /** Of the server that verified, whose local log was compared. */
      own: Type.Boolean(),
      entries: Type.Integer(),
      firstSequence: Type.Integer(),
      lastSequence: Type.Integer(),
      lastHash: Type.String(),
      /** Entries up to this one were purged under a signed checkpoint; 0: none. */
      purgedThrough: Type.Integer(),
    }),
  ),
  /** The first thousand; `faultCount` is how many there are. */
  faults: Type.Array(AuditFault),
  faultCount: Type.Integer(),
});
export type AuditVerification = Static<typeof AuditVerification>;
