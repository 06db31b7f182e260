import Type, { type Static } from 'typebox';
import { callMarkKinds } from './call-marks.ts';
import { Direction } from './calls.ts';
import {
  devicesMax,
  Id,
  NamedRef,
  Nullable,
  nameLengthMax,
  Page,
  PbxName,
  Time,
  teamsMax,
} from './common.ts';

export const agentStates = [
  'offline',
  'available',
  'ringing',
  'on-call',
  'on-hold',
  'wrap-up',
  'paused',
] as const;
export const AgentState = Type.Enum([...agentStates]);
export type AgentState = (typeof agentStates)[number];

/** What the viewer may do to this agent now; a button is offered for each, and only for these. */
export const agentActions = [
  'listen',
  'listen-persistent',
  'whisper',
  'barge',
  'intercept',
  'intercept-agent-listening',
  'chat',
  'watch-screen',
  'pause',
  'unpause',
  'log-out',
  'edit-queues',
] as const;
export const AgentAction = Type.Enum([...agentActions]);
export type AgentAction = (typeof agentActions)[number];

/**
 * A device is a dial string of a real device, `TECHNOLOGY/name` (`PJSIP/1001`, `SIP/…`, `IAX2/…`, `SCCP/…`, `DAHDI/1`),
 * or an outside number `PJSIP/0612345678@trunk`. Never `Local/…`, which Asterisk reads in small letters too.
 */
export const Device = Type.String({
  minLength: 3,
  maxLength: 128,
  pattern: '^(?![Ll][Oo][Cc][Aa][Ll]/)[A-Za-z][A-Za-z0-9]{1,15}/[A-Za-z0-9_.+@:/-]{1,100}$',
});

export const AgentCall = Type.Object({
  id: Id,
  direction: Direction,
  queue: Nullable(Type.String()),
  with: Type.Object({ number: Nullable(Type.String()), name: Nullable(Type.String()) }),
  state: Type.Enum(['ringing', 'talking', 'on-hold']),
  since: Time,
  device: Type.String(),
  /** Why nobody may hear it, as far as the agent or the caller said so. */
  marks: Type.Array(Type.Enum([...callMarkKinds])),
});
export const AgentQueue = Type.Object({
  id: Type.String(),
  interface: Type.String(),
  paused: Type.Boolean(),
  pauseReason: Nullable(Type.String()),
  penalty: Nullable(Type.Integer()),
  /** null: not known without AMI. */
  static: Nullable(Type.Boolean()),
});
export const AgentSupervision = Type.Object({
  id: Id,
  by: NamedRef,
  mode: Type.String(),
  state: Type.String(),
  since: Time,
});
/** `hidden`: shared, and not to be seen now (a pause). */
export const screenStates = ['off', 'shared', 'hidden'] as const;
export type ScreenState = (typeof screenStates)[number];
export const helpTextLengthMax = 200;
export const Agent = Type.Object({
  id: Id,
  name: Type.String(),
  publicName: Nullable(Type.String()),
  teams: Type.Array(NamedRef),
  /** The PBX his devices and queues are on. */
  pbx: Type.String(),
  endpoint: Nullable(Type.String()),
  devices: Type.Array(Type.String()),
  /** Queue member interfaces that are this person as well (`Local/1001@from-queue/n`). */
  interfaces: Type.Array(Type.String()),
  state: AgentState,
  since: Time,
  pauseReason: Nullable(Type.String()),
  /** False while the PBX cannot tell (no AMI): wrap-up is then not known, never guessed. */
  wrapUpKnown: Type.Boolean(),
  calls: Type.Array(AgentCall),
  supervising: Nullable(Id),
  queues: Type.Array(AgentQueue),
  supervisions: Type.Array(AgentSupervision),
  /** He asked for help and nobody has taken it yet. */
  help: Nullable(Type.Object({ since: Time, text: Type.String() })),
  /** His screen, as far as his agent page shares it, and who watches it now. */
  screen: Type.Object({ state: Type.Enum([...screenStates]), watchedBy: Type.Array(NamedRef) }),
  /** An agent page of his is open. */
  onPage: Type.Boolean(),
  mayDo: Type.Array(AgentAction),
});
export type AgentCall = Static<typeof AgentCall>;
export type AgentQueue = Static<typeof AgentQueue>;
export type AgentSupervision = Static<typeof AgentSupervision>;
export type Agent = Static<typeof Agent>;
export const AgentsPage = Page(Agent);

const editable = {
  name: Type.String({ minLength: 1, maxLength: nameLengthMax, pattern: '\\S' }),
  publicName: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: nameLengthMax }))),
  endpoint: Type.Optional(Device),
  devices: Type.Optional(Type.Array(Device, { maxItems: devicesMax, uniqueItems: true })),
  /** The phone in his own page is one of his devices; a new one stands last. */
  browserPhone: Type.Optional(Type.Boolean()),
  /** Names of teams; a team that does not exist yet is made. */
  teams: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: nameLengthMax }), { maxItems: teamsMax }),
  ),
  /** Queue member interfaces that are this person, when they differ from his devices (`Local/1001@from-queue/n`). */
  interfaces: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 50 })),
  queues: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 200 })),
  /** The PBX the devices are on; may be absent where there is one only. */
  pbx: Type.Optional(PbxName),
};
/** One of `endpoint`, `devices` and `browserPhone` is needed; `endpoint` is put first among the devices. */
export const NewAgent = Type.Object(editable, { additionalProperties: false });
export const AgentPatch = Type.Partial(Type.Object(editable), {
  additionalProperties: false,
  minProperties: 1,
});
export type NewAgent = Static<typeof NewAgent>;
export type AgentPatch = Static<typeof AgentPatch>;

/** A PBX endpoint that belongs to nobody yet, offered as a new agent. */
export const DiscoveredEndpoint = Type.Object({
  pbx: Type.String(),
  device: Type.String(),
  online: Type.Boolean(),
  suggestedName: Nullable(Type.String()),
});
export type DiscoveredEndpoint = Static<typeof DiscoveredEndpoint>;
