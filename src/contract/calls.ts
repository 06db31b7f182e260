import Type, { type Static } from 'typebox';
import { CallMark } from './call-marks.ts';
import {
  Id,
  NamedRef,
  Nullable,
  Page,
  Party,
  PbxName,
  pageSizeDefault,
  pageSizeMax,
  Time,
} from './common.ts';
import { queueKeyLengthMax } from './queues.ts';

export const directions = ['inbound', 'outbound', 'internal'] as const;
export const phases = [
  'menu',
  'queued',
  'ringing',
  'talking',
  'on-hold',
  'parked',
  'voicemail',
  'ended',
] as const;
export const callStates = ['in-progress', 'answered', 'missed', 'abandoned', 'busy', 'failed'] as const;
export const endedBys = ['customer', 'agent', 'supervisor', 'caller', 'callee', 'system', 'unknown'] as const;
export const origins = ['queue', 'direct', 'chat-box', 'callback'] as const;

/** Why the customer's own leg ended: closed list, README says each. */
export const hangupReasons = [
  'customer-hung-up',
  'agent-hung-up',
  'supervisor-hung-up',
  'caller-hung-up',
  'callee-hung-up',
  'abandoned-in-menu',
  'abandoned-in-queue',
  'abandoned-ringing',
  'no-answer',
  'busy',
  'rejected',
  'agent-unreachable',
  'invalid-number',
  'congestion',
  'ended-by-dialplan',
  'voicemail',
  'forwarded-outside',
  'callback-requested',
  'media-failure',
  'pbx-restarted',
  'unknown',
] as const;

/** How a segment (one agent's part of a call) ended. */
export const segmentEnds = [
  'customer-hung-up',
  'agent-hung-up',
  'supervisor-hung-up',
  'caller-hung-up',
  'callee-hung-up',
  'transferred',
  'intercepted',
  'parked',
  'pbx-restarted',
  'unknown',
] as const;

/** How a stay in a queue ended. */
export const queueOutcomes = [
  'answered',
  'abandoned',
  'queue-timeout',
  'queue-empty',
  'queue-full',
  'overflowed',
  'left-by-key',
  'transferred',
  'pbx-restarted',
  'unknown',
] as const;

/** How one ringing of one agent ended. */
export const attemptOutcomes = [
  'answered',
  'no-answer',
  'busy',
  'rejected',
  'unreachable',
  'answered-elsewhere',
  'caller-gave-up',
  'congestion',
  'forwarded',
  'unknown',
] as const;

const oneOf = <T extends string>(values: readonly T[]) => Type.Enum<T[]>([...values]);
export const Direction = oneOf(directions);
export const Phase = oneOf(phases);
export const CallState = oneOf(callStates);
export const EndedBy = oneOf(endedBys);
export const Origin = oneOf(origins);
export const HangupReason = oneOf(hangupReasons);
export const SegmentEnd = oneOf(segmentEnds);
export const QueueOutcome = oneOf(queueOutcomes);
export const AttemptOutcome = oneOf(attemptOutcomes);
export type Direction = (typeof directions)[number];
export type Phase = (typeof phases)[number];
export type CallState = (typeof callStates)[number];
export type EndedBy = (typeof endedBys)[number];
export type Origin = (typeof origins)[number];
export type HangupReason = (typeof hangupReasons)[number];
export type SegmentEnd = (typeof segmentEnds)[number];
export type QueueOutcome = (typeof queueOutcomes)[number];
export type AttemptOutcome = (typeof attemptOutcomes)[number];

/** One ringing of one device on behalf of a call. `agent` is null when nobody of ours owns the device. */
export const Attempt = Type.Object({
  agent: Nullable(NamedRef),
  device: Type.String(),
  from: Time,
  to: Nullable(Time),
  outcome: Nullable(AttemptOutcome),
});
export const QueueVisit = Type.Object({
  queue: Type.String(),
  from: Time,
  to: Nullable(Time),
  /** 1-based place when he entered; null when the PBX does not tell us (no AMI). */
  position: Nullable(Type.Integer()),
  outcome: Nullable(QueueOutcome),
  attempts: Type.Array(Attempt),
});
export const Segment = Type.Object({
  agent: Nullable(NamedRef),
  device: Type.String(),
  from: Time,
  to: Nullable(Time),
  talkMs: Type.Integer(),
  holdMs: Type.Integer(),
  endedBecause: Nullable(SegmentEnd),
});
export const Leg = Type.Object({
  uniqueId: Type.String(),
  channel: Type.String(),
  device: Type.String(),
  agent: Nullable(NamedRef),
  role: Type.Enum(['caller', 'agent', 'customer', 'callee', 'local', 'other']),
  startedAt: Time,
  answeredAt: Nullable(Time),
  endedAt: Nullable(Time),
  cause: Nullable(Type.Integer()),
  sipCode: Nullable(Type.Integer()),
});
export const CallSupervision = Type.Object({
  id: Id,
  by: NamedRef,
  mode: Type.String(),
  from: Time,
  to: Nullable(Time),
});

export const Call = Type.Object({
  id: Id,
  pbx: Type.String(),
  uniqueId: Type.String(),
  linkedId: Type.String(),
  originalCallId: Nullable(Id),
  conversationId: Nullable(Id),
  direction: Direction,
  origin: Origin,
  dialled: Nullable(Type.String()),
  queue: Nullable(Type.String()),
  state: CallState,
  phase: Phase,
  reason: Nullable(HangupReason),
  endedBy: Nullable(EndedBy),
  cause: Nullable(Type.Integer()),
  sipCode: Nullable(Type.Integer()),
  startedAt: Time,
  answeredAt: Nullable(Time),
  endedAt: Nullable(Time),
  /** Last moment it was known alive, when its end was not seen; else null. */
  lastSeenAt: Nullable(Time),
  menuMs: Type.Integer(),
  waitMs: Type.Integer(),
  ringMs: Type.Integer(),
  talkMs: Type.Integer(),
  holdMs: Type.Integer(),
  caller: Party,
  callee: Type.Object({ ...Party.properties, publicName: Nullable(Type.String()) }),
  customer: Nullable(Type.Object({ ...Party.properties, nickname: Nullable(Type.String()) })),
  agent: Nullable(NamedRef),
  queueVisits: Type.Array(QueueVisit),
  segments: Type.Array(Segment),
  legs: Type.Array(Leg),
  supervisions: Type.Array(CallSupervision),
  /** What the agent or the caller said about being listened to. */
  marks: Type.Array(CallMark),
});
export type Attempt = Static<typeof Attempt>;
export type QueueVisit = Static<typeof QueueVisit>;
export type Segment = Static<typeof Segment>;
export type Leg = Static<typeof Leg>;
export type Call = Static<typeof Call>;

/** Filters shared by the list, its summary and its CSV. `from` is inclusive, `to` exclusive, both on `startedAt`. */
export const CallFilters = Type.Object({
  from: Type.Optional(Time),
  to: Type.Optional(Time),
  agent: Type.Optional(Id),
  pbx: Type.Optional(PbxName),
  /** A name, of queues on every PBX, or a key (`queueKey`), of one PBX's. */
  queue: Type.Optional(Type.String({ minLength: 1, maxLength: queueKeyLengthMax })),
  team: Type.Optional(Id),
  site: Type.Optional(Id),
  state: Type.Optional(CallState),
  reason: Type.Optional(HangupReason),
  direction: Type.Optional(Direction),
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
});
export type CallFilters = Static<typeof CallFilters>;
export const CallsQuery = Type.Object(
  {
    ...CallFilters.properties,
    cursor: Type.Optional(Type.String({ maxLength: 200 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax, default: pageSizeDefault })),
  },
  { additionalProperties: false },
);
export type CallsQuery = Static<typeof CallsQuery>;

/** The figures above the list: they count exactly what the list holds. */
export const CallsSummary = Type.Object({
  total: Type.Integer(),
  answered: Type.Integer(),
  abandoned: Type.Integer(),
  missed: Type.Integer(),
  busy: Type.Integer(),
  failed: Type.Integer(),
  inProgress: Type.Integer(),
  /** Mean over answered calls, null when there are none. */
  averageWaitMs: Nullable(Type.Integer()),
  averageTalkMs: Nullable(Type.Integer()),
});
export type CallsSummary = Static<typeof CallsSummary>;
export const CallsPage = Type.Object({ ...Page(Call).properties, summary: CallsSummary });
export type CallsPage = Static<typeof CallsPage>;
