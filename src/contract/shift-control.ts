import Type, { type Static } from 'typebox';
import { pauseReasonLengthMax } from './agent-page.ts';
import { helpTextLengthMax } from './agents.ts';
import { Id, Nullable } from './common.ts';

/** Asterisk's own bound is far above: more is a mistake. */
export const penaltyMax = 100;

export const ChangePause = Type.Object(
  {
    paused: Type.Boolean(),
    /** Pages offer those of `/api/pause-reasons`; not used to end a pause. */
    reason: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: pauseReasonLengthMax }))),
  },
  { additionalProperties: false },
);
export type ChangePause = Static<typeof ChangePause>;
export const JoinQueue = Type.Object(
  { penalty: Type.Integer({ minimum: 0, maximum: penaltyMax }) },
  { additionalProperties: false },
);
export type JoinQueue = Static<typeof JoinQueue>;
export const AskHelp = Type.Object(
  { text: Type.Optional(Type.String({ maxLength: helpTextLengthMax })) },
  { additionalProperties: false },
);
export type AskHelp = Static<typeof AskHelp>;

/** Where it was done otherwise than asked. `queue-member-static`: he could not be removed and was paused instead. */
export const ShiftControlResult = Type.Object({
  agentId: Id,
  exceptions: Type.Array(Type.Object({ queue: Type.String(), why: Type.Enum(['queue-member-static']) })),
});
export type ShiftControlResult = Static<typeof ShiftControlResult>;
