import Type, { type Static } from 'typebox';
import { Id, NamedRef, Nullable, Time } from './common.ts';

export const outsideWays = ['chanspy', 'snoop'] as const;

/** Somebody hears an agent's call without Vigie: by ChanSpy or ExtenSpy of the PBX, or as another program's snoop. */
export const OutsideListening = Type.Object({
  id: Id,
  pbx: Type.String(),
  via: Type.Enum([...outsideWays]),
  /** Whose device listens, when it is one of ours. */
  by: Nullable(NamedRef),
  /** The device (`PJSIP/1901`), or the other program's ARI application. */
  listener: Type.String(),
  /** Who is heard; null when it is not known which of several calls, or nobody of ours is in it. */
  agent: Nullable(NamedRef),
  callId: Nullable(Id),
  since: Time,
});
export type OutsideListening = Static<typeof OutsideListening>;
