import Type, { type Static } from 'typebox';
import { Id, NamedRef, Nullable, Page, Time } from './common.ts';

export const modes = ['listen', 'whisper', 'barge', 'intercept', 'intercept-agent-listening'] as const;
export const scopes = ['call', 'agent'] as const;
export const supervisionDevices = ['browser', 'phone'] as const;
export const supervisionStates = ['starting', 'waiting', 'live', 'ending', 'ended'] as const;
export const supervisionEnds = [
  'stopped',
  'call-ended',
  'agent-left',
  'limit',
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
    reason: Type.String({ minLength: 1, maxLength: reasonLengthMax, pattern: '\\S' }),
    device: SupervisionDevice,
  },
  { additionalProperties: false },
);
export type StartSupervision = Static<typeof StartSupervision>;
export const ChangeSupervision = Type.Object({ mode: Mode }, { additionalProperties: false });

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
});
export type Supervision = Static<typeof Supervision>;
export const SupervisionsPage = Page(Supervision);
