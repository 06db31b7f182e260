import Type, { type Static } from 'typebox';
import { NamedRef, nameLengthMax, Page, teamsMax } from './common.ts';

export const queueNameLengthMax = 128;
export const QueueId = Type.String({ minLength: 1, maxLength: queueNameLengthMax });

/** A queue as an administrator sets it up; who is in it is the PBX's business. */
export const Queue = Type.Object({
  id: QueueId,
  pbx: Type.String(),
  name: Type.String(),
  /** With no team every supervisor sees the queue. */
  teams: Type.Array(NamedRef),
  serviceLevelTargetMs: Type.Integer(),
  /** `configured` by an administrator, `seen` on the PBX. */
  origin: Type.Enum(['configured', 'seen']),
});
export type Queue = Static<typeof Queue>;
export const QueuesPage = Page(Queue);

export const QueueEdit = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: nameLengthMax, pattern: '\\S' })),
    /** Names of teams; a team that does not exist yet is made. */
    teams: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: nameLengthMax }), { maxItems: teamsMax }),
    ),
    serviceLevelTargetMs: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 3_600_000 })),
  },
  { additionalProperties: false },
);
export type QueueEdit = Static<typeof QueueEdit>;
