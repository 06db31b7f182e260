import Type, { type Static } from 'typebox';
import { NamedRef, nameLengthMax, Page } from './common.ts';

export const TeamsPage = Page(NamedRef);
export const TeamEdit = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: nameLengthMax, pattern: '\\S' }) },
  { additionalProperties: false },
);
export type TeamEdit = Static<typeof TeamEdit>;
