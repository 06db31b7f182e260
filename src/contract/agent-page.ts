import Type, { type Static } from 'typebox';
import { AgentCall, AgentState, screenStates } from './agents.ts';
import { Id, NamedRef, Nullable, Time } from './common.ts';
import { outsideWays } from './outside-listenings.ts';
import type { PersonalBrowserToServer, PersonalServerToBrowser } from './personal.ts';
import { Mode } from './supervisions.ts';

export const OwnQueue = Type.Object({
  id: Type.String(),
  name: Type.String(),
  paused: Type.Boolean(),
  pauseReason: Nullable(Type.String()),
});
/** One who hears him or sees his screen now. `by` null: the policy does not tell him who. */
export const OwnSupervision = Type.Object({ mode: Mode, by: Nullable(NamedRef) });
export type OwnSupervision = Static<typeof OwnSupervision>;
/**
 * One who hears him without Vigie. `by`: his name, or the device (`PJSIP/1901`) or program that listens; null: the
 * policy does not tell him who.
 */
export const OwnOutsideListening = Type.Object({
  via: Type.Enum([...outsideWays]),
  by: Nullable(Type.String()),
});
export type OwnOutsideListening = Static<typeof OwnOutsideListening>;

/** What an agent is told of himself on his own page. */
export const OwnAgent = Type.Object({
  id: Id,
  name: Type.String(),
  teams: Type.Array(NamedRef),
  devices: Type.Array(Type.String()),
  state: AgentState,
  since: Time,
  pauseReason: Nullable(Type.String()),
  /** False while the PBX cannot tell (no AMI): wrap-up is then not known, never guessed. */
  wrapUpKnown: Type.Boolean(),
  calls: Type.Array(AgentCall),
  queues: Type.Array(OwnQueue),
  /** Only as far as the policy has him told; whoever takes his call over is always told. */
  supervisedBy: Type.Array(OwnSupervision),
  /** Who hears him by the PBX itself or by another program, only as far as the policy has him told of ours. */
  heardOutside: Type.Array(OwnOutsideListening),
  help: Nullable(Type.Object({ since: Time, text: Type.String() })),
  screen: Type.Object({
    state: Type.Enum([...screenStates]),
    /** Who watches now, as far as the policy has him told. */
    watchedBy: Type.Array(Nullable(NamedRef)),
  }),
  /** Paused in every queue he is in. */
  paused: Type.Boolean(),
  /** Why he cannot change his pause from here (an error code); null when he can. */
  controlRefusal: Nullable(Type.String()),
});
export type OwnAgent = Static<typeof OwnAgent>;

export const pauseReasonLengthMax = 40;
export const pauseReasonsMax = 30;
export const pauseMinutesMax = 1_440;
/** A reason to be paused for. `overMinutes`: longer than this is too long; null: never. */
export const PauseReason = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: pauseReasonLengthMax, pattern: '^\\S(.*\\S)?$' }),
    overMinutes: Nullable(Type.Integer({ minimum: 1, maximum: pauseMinutesMax })),
  },
  { additionalProperties: false },
);
export type PauseReason = Static<typeof PauseReason>;
export const PauseReasons = Type.Object(
  { items: Type.Array(PauseReason, { maxItems: pauseReasonsMax }) },
  { additionalProperties: false },
);
export type PauseReasons = Static<typeof PauseReasons>;

export const AgentPage = Type.Object({
  seq: Type.Integer(),
  at: Time,
  /** Null: this person is no agent of any PBX (any more). */
  me: Nullable(OwnAgent),
  pauseReasons: Type.Array(PauseReason),
  /** He may mark a call as private. */
  mayMarkPrivate: Type.Boolean(),
});
export type AgentPage = Static<typeof AgentPage>;

/** A numbered change: the parts that are other than before, whole. Apply only when `seq` is the last + 1. */
export const AgentPageChange = Type.Object({
  seq: Type.Integer(),
  at: Time,
  me: Type.Optional(Nullable(OwnAgent)),
  pauseReasons: Type.Optional(Type.Array(PauseReason)),
  mayMarkPrivate: Type.Optional(Type.Boolean()),
});
export type AgentPageChange = Static<typeof AgentPageChange>;

/** Socket.IO `/agent`: the one event map of both ends, with what `personal.ts` has for every page. */
export interface AgentServerToBrowser extends PersonalServerToBrowser {
  snapshot(page: AgentPage): void;
  change(change: AgentPageChange): void;
}
export interface AgentBrowserToServer extends PersonalBrowserToServer {
  /** Asks for a snapshot after a missed number; answered by the `snapshot` event. */
  resync(): void;
}
