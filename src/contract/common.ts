import Type, { type Static, type TSchema } from 'typebox';

/** Ids are UUIDv7 (or of that shape): they sort by time. */
export const Id = Type.String({ format: 'uuid' });
/** ISO 8601, UTC, milliseconds: `2026-11-21T09:30:00.000Z`. */
export const Time = Type.String({ format: 'date-time' });
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const pageSizeMax = 500;
export const pageSizeDefault = 50;
export const nameLengthMax = 200;
export const teamsMax = 200;
export const devicesMax = 10;

export const pbxNameLengthMax = 64;
export const pbxNamePattern = '^[A-Za-z0-9_-]+$';
export const PbxName = Type.String({ minLength: 1, maxLength: pbxNameLengthMax, pattern: pbxNamePattern });

export const Page = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: Nullable(Type.String()) });

/** A reference by id and name, e.g. the agent of a call. */
export const NamedRef = Type.Object({ id: Id, name: Type.String() });
export type NamedRef = Static<typeof NamedRef>;

/** One end of a call. `id` is ours (a person) or null; `number` and `name` are what the PBX said. */
export const Party = Type.Object({
  id: Nullable(Id),
  number: Nullable(Type.String()),
  name: Nullable(Type.String()),
});
export type Party = Static<typeof Party>;

/** `application/problem+json` (RFC 9457) with our stable `code`. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
});
export type Problem = Static<typeof Problem>;
