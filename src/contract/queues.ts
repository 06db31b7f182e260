import Type, { type Static } from 'typebox';
import { NamedRef, nameLengthMax, Page, PbxName, pbxNameLengthMax, teamsMax } from './common.ts';

export const queueNameLengthMax = 128;
/** Whether what was set for `given`, a name or a key, is about this queue. */
export const isAboutQueue = (given: string, pbx: string, queue: string): boolean =>
  given === queue || given === queueKey(pbx, queue);

/** Of a queue's name, or of its key: the PBX's name, `/`, its name there. */
export const queueKeyLengthMax = pbxNameLengthMax + 1 + queueNameLengthMax;
export const QueueId = Type.String({ minLength: 1, maxLength: queueNameLengthMax });

/**
 * Names a queue among all PBXs, each of which may have one of that name: a PBX's own name holds no `/`. What is set
 * for a bare name holds for the queues of that name on every PBX.
 */
export const queueKey = (pbx: string, queue: string): string => `${pbx}/${queue}`;

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
    /** The PBX it is on; may be absent where there is one only. */
    pbx: Type.Optional(PbxName),
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
