import Type, { type Static } from 'typebox';
import { NamedRef, Nullable, Time } from './common.ts';

/** What the agent or the caller says about a call: nobody may hear it from then on. */
export const callMarkKinds = ['private', 'objection'] as const;
export type CallMarkKind = (typeof callMarkKinds)[number];
export const CallMark = Type.Object({
  kind: Type.Enum([...callMarkKinds]),
  /** Who set it. */
  by: NamedRef,
  from: Time,
  /** When it was taken back; null: it holds. */
  to: Nullable(Time),
});
export type CallMark = Static<typeof CallMark>;
export const CallMarks = Type.Object({ items: Type.Array(CallMark) });
