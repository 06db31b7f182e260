import Type, { type Static } from 'typebox';
import { Id, NamedRef, Nullable, Time } from './common.ts';
import { permissions, roles } from './permissions.ts';

export const passwordLengthMin = 10;
export const passwordLengthMax = 1_000;

export const SignIn = Type.Object(
  {
    login: Type.String({ minLength: 1, maxLength: 100 }),
    password: Type.String({ minLength: 1, maxLength: passwordLengthMax }),
  },
  { additionalProperties: false },
);
export const Session = Type.Object({
  person: Type.Object({
    id: Id,
    login: Nullable(Type.String()),
    name: Type.String(),
    roles: Type.Array(Type.Enum([...roles])),
    teams: Type.Array(NamedRef),
    device: Nullable(Type.String()),
  }),
  permissions: Type.Array(Type.Enum([...permissions])),
  expiresAt: Time,
});
export type Session = Static<typeof Session>;
