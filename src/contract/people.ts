import Type, { type Static } from 'typebox';
import { Device } from './agents.ts';
import {
  Id,
  NamedRef,
  Nullable,
  nameLengthMax,
  Page,
  PbxName,
  pageSizeDefault,
  pageSizeMax,
  Time,
  teamsMax,
} from './common.ts';
import { roles } from './permissions.ts';
import { passwordLengthMax, passwordLengthMin } from './session.ts';

/** Letters without accents, digits and `. _ @ + -`; capitals make no difference. */
export const Login = Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9._@+-]+$' });
export const NewPassword = Type.String({ minLength: passwordLengthMin, maxLength: passwordLengthMax });
const Roles = Type.Array(Type.Enum([...roles]), { minItems: 1, maxItems: roles.length, uniqueItems: true });

/** A person as an administrator sees him: those who sign in, and those who do not (yet). */
export const PersonAccount = Type.Object({
  id: Id,
  login: Nullable(Type.String()),
  name: Type.String(),
  roles: Type.Array(Type.Enum([...roles])),
  teams: Type.Array(NamedRef),
  pbx: Type.String(),
  devices: Type.Array(Type.String()),
  disabled: Type.Boolean(),
  /** Last use of a session that is still kept; null when there is none. */
  lastSeenAt: Nullable(Time),
  createdAt: Time,
});
export type PersonAccount = Static<typeof PersonAccount>;
export const PeoplePage = Page(PersonAccount);
export type PeoplePage = Static<typeof PeoplePage>;

export const PeopleQuery = Type.Object(
  {
    q: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    cursor: Type.Optional(Type.String({ maxLength: 1_000 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax, default: pageSizeDefault })),
  },
  { additionalProperties: false },
);
export type PeopleQuery = Static<typeof PeopleQuery>;

const editable = {
  login: Login,
  name: Type.String({ minLength: 1, maxLength: nameLengthMax, pattern: '\\S' }),
  password: NewPassword,
  roles: Roles,
  /** Names of teams; a team that does not exist yet is made. */
  teams: Type.Array(Type.String({ minLength: 1, maxLength: nameLengthMax }), { maxItems: teamsMax }),
  /** The person's own phone; others of his devices stay. */
  endpoint: Device,
  /** The PBX of his phones; may be absent where there is one only, and for who has none. */
  pbx: PbxName,
};
export const NewPerson = Type.Object(
  {
    ...editable,
    teams: Type.Optional(editable.teams),
    endpoint: Type.Optional(editable.endpoint),
    pbx: Type.Optional(editable.pbx),
  },
  { additionalProperties: false },
);
export type NewPerson = Static<typeof NewPerson>;
export const PersonPatch = Type.Partial(Type.Object({ ...editable, disabled: Type.Boolean() }), {
  additionalProperties: false,
  minProperties: 1,
});
export type PersonPatch = Static<typeof PersonPatch>;

export const ChangePassword = Type.Object(
  { current: Type.String({ minLength: 1, maxLength: passwordLengthMax }), password: NewPassword },
  { additionalProperties: false },
);
export type ChangePassword = Static<typeof ChangePassword>;
