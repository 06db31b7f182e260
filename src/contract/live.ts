import Type, { type Static } from 'typebox';
import { Agent } from './agents.ts';
import { AlertThresholds } from './alerts.ts';
import { Call } from './calls.ts';
import { Nullable, Time } from './common.ts';
import { OutsideListening } from './outside-listenings.ts';
import type { PersonalBrowserToServer, PersonalServerToBrowser } from './personal.ts';
import { Supervision } from './supervisions.ts';

export const LiveQueue = Type.Object({
  pbx: Type.String(),
  /** Its name on that PBX. */
  id: Type.String(),
  name: Type.String(),
  waiting: Type.Integer(),
  /** Since when the longest-waiting caller waits, null when nobody does. */
  longestWaitSince: Nullable(Time),
  agentsTotal: Type.Integer(),
  agentsFree: Type.Integer(),
  agentsPaused: Type.Integer(),
  answeredToday: Type.Integer(),
  abandonedToday: Type.Integer(),
  /** Share (0–1) of today's finished visits answered within `serviceLevelTargetMs`; null when none finished. */
  serviceLevelToday: Nullable(Type.Number()),
  serviceLevelTargetMs: Type.Integer(),
});
export type LiveQueue = Static<typeof LiveQueue>;

/** What the panel must say about its own truth, per PBX. */
export const LivePbx = Type.Object({
  name: Type.String(),
  state: Type.Enum(['connected', 'disconnected', 'refused', 'replaced', 'too-old']),
  since: Time,
  detail: Nullable(Type.String()),
  /** False while the PBX tells what happens and answers no request: nothing can be done to a call. */
  commandsAnswered: Type.Boolean(),
  ami: Type.Enum(['connected', 'disconnected', 'not-configured']),
  /** How queue membership is known: pushed by AMI, or asked for every `queueMembershipMaxAgeMs`. */
  queueMembershipMaxAgeMs: Nullable(Type.Integer()),
});
export type LivePbx = Static<typeof LivePbx>;

/** Where what is recorded goes now. */
export const LiveStorage = Type.Object({
  /**
   * `kept-here`: the database is away; records and audit entries wait on the server's disk. `not-kept`: that disk does not
   * take them; calls are recorded, but not safe from a crash of the server.
   */
  state: Type.Enum(['written', 'kept-here', 'not-kept']),
  since: Time,
  detail: Nullable(Type.String()),
});
export type LiveStorage = Static<typeof LiveStorage>;

export const LiveSnapshot = Type.Object({
  seq: Type.Integer(),
  at: Time,
  agents: Type.Array(Agent),
  queues: Type.Array(LiveQueue),
  calls: Type.Array(Call),
  supervisions: Type.Array(Supervision),
  outsideListenings: Type.Array(OutsideListening),
  pbxs: Type.Array(LivePbx),
  storage: Type.Optional(LiveStorage),
  thresholds: AlertThresholds,
});
export type LiveSnapshot = Static<typeof LiveSnapshot>;

/** One numbered change: whole rows that changed, ids of rows that went. Apply only when `seq` is the last + 1. */
export const LiveChange = Type.Object({
  seq: Type.Integer(),
  at: Time,
  agents: Type.Optional(Type.Array(Agent)),
  queues: Type.Optional(Type.Array(LiveQueue)),
  calls: Type.Optional(Type.Array(Call)),
  supervisions: Type.Optional(Type.Array(Supervision)),
  outsideListenings: Type.Optional(Type.Array(OutsideListening)),
  pbxs: Type.Optional(Type.Array(LivePbx)),
  storage: Type.Optional(LiveStorage),
  thresholds: Type.Optional(AlertThresholds),
  gone: Type.Optional(
    Type.Object({
      agents: Type.Optional(Type.Array(Type.String())),
      /** Keys of `queueKey`. */
      queues: Type.Optional(Type.Array(Type.String())),
      calls: Type.Optional(Type.Array(Type.String())),
      supervisions: Type.Optional(Type.Array(Type.String())),
      outsideListenings: Type.Optional(Type.Array(Type.String())),
    }),
  ),
});
export type LiveChange = Static<typeof LiveChange>;

/** Socket.IO `/live`: the one event map of both ends, with what `personal.ts` has for every page. */
export interface LiveServerToBrowser extends PersonalServerToBrowser {
  snapshot(snapshot: LiveSnapshot): void;
  change(change: LiveChange): void;
}
export interface LiveBrowserToServer extends PersonalBrowserToServer {
  /** Asks for a snapshot after a missed number; answered by the `snapshot` event. */
  resync(): void;
}
