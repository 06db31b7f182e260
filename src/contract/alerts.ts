import Type, { type Static } from 'typebox';
import { Nullable } from './common.ts';
import { queueKeyLengthMax } from './queues.ts';

const dayMs = 86_400_000;
/** Null: no alert. */
const limitMs = Nullable(Type.Integer({ minimum: 1_000, maximum: dayMs }));
const limitCount = Nullable(Type.Integer({ minimum: 1, maximum: 10_000 }));

export const QueueThresholds = Type.Object(
  {
    /** Callers waiting at once. */
    waiting: limitCount,
    longestWaitMs: limitMs,
    /** Fewer agents free than this while somebody waits. */
    agentsFreeMin: limitCount,
  },
  { additionalProperties: false },
);
export type QueueThresholds = Static<typeof QueueThresholds>;

export const queueExceptionsMax = 500;
/** From when on something is too long or too many. */
export const AlertThresholds = Type.Object(
  {
    agents: Type.Object(
      { pausedMs: limitMs, wrapUpMs: limitMs, onCallMs: limitMs },
      { additionalProperties: false },
    ),
    /** Of every queue that is no exception. */
    queue: QueueThresholds,
    exceptions: Type.Array(
      Type.Object(
        {
          /** A name, of queues on every PBX, or a key (`queueKey`), which goes before a name. */
          queue: Type.String({ minLength: 1, maxLength: queueKeyLengthMax }),
          ...QueueThresholds.properties,
        },
        { additionalProperties: false },
      ),
      { maxItems: queueExceptionsMax },
    ),
  },
  { additionalProperties: false },
);
export type AlertThresholds = Static<typeof AlertThresholds>;

export const defaultThresholds: AlertThresholds = {
  agents: { pausedMs: 30 * 60_000, wrapUpMs: 5 * 60_000, onCallMs: 30 * 60_000 },
  queue: { waiting: null, longestWaitMs: 60_000, agentsFreeMin: null },
  exceptions: [],
};
