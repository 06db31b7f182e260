import Type, { type Static } from 'typebox';
import { Id, NamedRef, Nullable, Page, Time } from './common.ts';

export const modes = ['listen', 'whisper', 'barge', 'intercept', 'intercept-agent-listening'] as const;
export const scopes = ['call', 'agent'] as const;
/** Modes that switch into one another by a click. */
export const audioModes = ['listen', 'whisper', 'barge'] as const;
export type AudioMode = (typeof audioModes)[number];
export const isAudioMode = (mode: Mode): mode is AudioMode => (audioModes as readonly Mode[]).includes(mode);
/** The agent leaves the call, or stays and only hears. No way back from either. */
export const takeoverModes = ['intercept', 'intercept-agent-listening'] as const;
export type TakeoverMode = (typeof takeoverModes)[number];
export const supervisionDevices = ['browser', 'phone'] as const;
export const supervisionStates = ['starting', 'waiting', 'live', 'ending', 'ended'] as const;
export const supervisionEnds = [
  'stopped',
  'call-ended',
  'agent-left',
  'agent-logged-out',
  'limit',
  'handed-over',
  'intercepted-by-another',
  'policy',
  'private-call',
  'caller-objected',
  'phone-unreachable',
  'phone-busy',
  'phone-refused',
  'phone-timeout',
  'phone-forwarded',
  'phone-hung-up',
  'rights-removed',
  'pbx-failed',
  'pbx-restarted',
  'server-stopped',
  'audit-unavailable',
  'lost',
] as const;

export const Mode = Type.Enum([...modes]);
export const Scope = Type.Enum([...scopes]);
export const SupervisionDevice = Type.Enum([...supervisionDevices]);
export const SupervisionState = Type.Enum([...supervisionStates]);
export const SupervisionEnd = Type.Enum([...supervisionEnds]);
export type Mode = (typeof modes)[number];
export type Scope = (typeof scopes)[number];
export type SupervisionState = (typeof supervisionStates)[number];
export type SupervisionEnd = (typeof supervisionEnds)[number];

export const reasonLengthMax = 200;

export const StartSupervision = Type.Object(
  {
    agentId: Id,
    callId: Type.Optional(Id),
    mode: Mode,
    scope: Scope,
    /** Free text; the policy says whether it may be empty, and may have a list. */
    reason: Type.String({ maxLength: reasonLengthMax }),
    device: SupervisionDevice,
  },
  { additionalProperties: false },
);
export type StartSupervision = Static<typeof StartSupervision>;
/** `paused`: hears nothing until it is taken up again. `goOn`: answers `question`, and begins a new longest duration. */
export const ChangeSupervision = Type.Object(
  {
    mode: Type.Optional(Mode),
    paused: Type.Optional(Type.Boolean()),
    goOn: Type.Optional(Type.Literal(true)),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type ChangeSupervision = Static<typeof ChangeSupervision>;
/** Exactly one of the two: to an agent (the one it was taken from, or another), or back into a queue. */
export const HandOver = Type.Object(
  { agentId: Type.Optional(Id), queue: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })) },
  { additionalProperties: false, minProperties: 1, maxProperties: 1 },
);
export type HandOver = Static<typeof HandOver>;

export const Supervision = Type.Object({
  id: Id,
  agentId: Id,
  /** Who supervises. */
  by: NamedRef,
  calls: Type.Array(Type.Object({ callId: Id, from: Time, to: Nullable(Time) })),
  mode: Mode,
  scope: Scope,
  device: SupervisionDevice,
  state: SupervisionState,
  reason: Type.String(),
  startedAt: Time,
  endedAt: Nullable(Time),
  endedBecause: Nullable(SupervisionEnd),
  /** True while the agent's call is on hold: the agent cannot hear a whisper then. */
  onHold: Type.Boolean(),
  /** A persistent listening that its supervisor has paused. */
  paused: Type.Boolean(),
  /** When the longest duration of the policy ends it; null without one. */
  endsAt: Nullable(Time),
  /** What the supervisor is asked; unanswered at `endsAt`, the supervision ends. */
  question: Nullable(Type.Enum(['limit-near', 'agent-logged-out'])),
  /** Why the call that a followed agent is in is not heard, as an error code; null when it is, or there is none. */
  unheard: Nullable(Type.String()),
});
export type Supervision = Static<typeof Supervision>;
export const SupervisionsPage = Page(Supervision);
