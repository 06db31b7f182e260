/**
 * Seeing an agent's screen: he shares it on his page, supervisors attach by HTTP, and the picture goes from browser to
 * browser. Only the two pages of one viewing hear each other's signals.
 */
import Type, { type Static } from 'typebox';
import { Id, NamedRef, Nullable, Page, Time } from './common.ts';
import { IceServer } from './phones.ts';
import { reasonLengthMax, Scope } from './supervisions.ts';

/** People who may watch one agent at once: each costs his computer one more encoding. */
export const watchersMax = 5;
/** Pictures one agent may share at once: a monitor, a window, a tab each. */
export const monitorsMax = 8;
/** Characters. A description of one video track with its codecs has about 3,000. */
export const sdpLengthMax = 8_000;
export const candidateLengthMax = 500;

export const screenEnds = [
  'stopped',
  'replaced',
  'call-ended',
  'agent-stopped-sharing',
  'agent-left',
  'viewer-left',
  'limit',
  'policy',
  'private-call',
  'caller-objected',
  'rights-removed',
  'server-stopped',
  'lost',
] as const;
export const ScreenEnd = Type.Enum([...screenEnds]);
export type ScreenEnd = (typeof screenEnds)[number];

export const WatchScreen = Type.Object(
  {
    agentId: Id,
    /** `call`: ends with the call the agent is in now; `agent`: until somebody ends it. */
    scope: Scope,
    reason: Type.String({ minLength: 1, maxLength: reasonLengthMax, pattern: '\\S' }),
  },
  { additionalProperties: false },
);
export type WatchScreen = Static<typeof WatchScreen>;

/** One person watches one agent's screen. */
export const ScreenViewing = Type.Object({
  id: Id,
  agent: NamedRef,
  /** Who watches. */
  by: NamedRef,
  scope: Scope,
  callId: Nullable(Id),
  reason: Type.String(),
  startedAt: Time,
  /** When the longest duration of the policy ends it; null without one. */
  endsAt: Nullable(Time),
  endedAt: Nullable(Time),
  endedBecause: Nullable(ScreenEnd),
});
export type ScreenViewing = Static<typeof ScreenViewing>;
export const ScreenViewingsPage = Page(ScreenViewing);

/** What the viewer's page needs to connect; TURN credentials end by themselves. */
export const StartedViewing = Type.Object({
  viewing: ScreenViewing,
  /** Nothing is to be seen now (a pause). */
  hidden: Type.Boolean(),
  iceServers: Type.Array(IceServer),
});
export type StartedViewing = Static<typeof StartedViewing>;

/** The agent's page says how many pictures it shares now; 0: none any more. */
export const ScreenShare = Type.Object(
  { monitors: Type.Integer({ minimum: 0, maximum: monitorsMax }) },
  { additionalProperties: false },
);
export type ScreenShare = Static<typeof ScreenShare>;

const monitorIndex = Type.Integer({ minimum: 0, maximum: monitorsMax - 1 });
const Candidate = Type.Object(
  {
    kind: Type.Literal('candidate'),
    candidate: Type.String({ maxLength: candidateLengthMax }),
    sdpMid: Nullable(Type.String({ maxLength: 16 })),
    sdpMLineIndex: Nullable(Type.Integer({ minimum: 0, maximum: 16 })),
    usernameFragment: Nullable(Type.String({ maxLength: 256 })),
  },
  { additionalProperties: false },
);
const sdp = Type.String({ minLength: 1, maxLength: sdpLengthMax });
/** The viewer offers to receive one picture, and says which monitor's it is to be. */
export const ViewerSignal = Type.Union([
  Candidate,
  Type.Object({ kind: Type.Literal('offer'), sdp }, { additionalProperties: false }),
  Type.Object({ kind: Type.Literal('monitor'), index: monitorIndex }, { additionalProperties: false }),
]);
export const SharerSignal = Type.Union([
  Candidate,
  Type.Object({ kind: Type.Literal('answer'), sdp }, { additionalProperties: false }),
  Type.Object(
    {
      kind: Type.Literal('monitors'),
      count: Type.Integer({ minimum: 1, maximum: monitorsMax }),
      index: monitorIndex,
    },
    { additionalProperties: false },
  ),
]);
export type ViewerSignal = Static<typeof ViewerSignal>;
export type SharerSignal = Static<typeof SharerSignal>;

/** What the page that shares is to do now, whole each time: who is not named is to get nothing any more. */
export interface ScreenOrders {
  /** False: the share is over, or another page of the agent has taken it over. */
  sharing: boolean;
  /** Nothing leaves the page while true. */
  hidden: boolean;
  viewings: { id: string; iceServers: IceServer[] }[];
}

export type ScreenServerToBrowser = {
  'screen-orders'(orders: ScreenOrders): void;
  /** To the page that watches. */
  'screen-viewing'(news: {
    viewingId: string;
    hidden: boolean;
    /** Null while it goes on. */
    endedBecause: ScreenEnd | null;
  }): void;
  'screen-signal'(message: { viewingId: string; signal: ViewerSignal | SharerSignal }): void;
};
export type ScreenBrowserToServer = {
  'screen-share'(share: ScreenShare): void;
  'screen-signal'(message: { viewingId: string; signal: ViewerSignal | SharerSignal }): void;
};
