import Type, { type Static } from 'typebox';
import { Time } from './common.ts';

/** Where a browser's phone connects: a websocket of our own server, same origin as the page. */
export const phoneGatePath = '/phone';
/** Sub-protocol that the gate speaks; beside it the page offers `ticket.<ticket>`, so that no URL holds a secret. */
export const phoneProtocol = 'sip';
export const phoneTicketPrefix = 'ticket.';

/** Close codes of the gate. */
export const phoneGateCloses = {
  /** Another page of the same person is the phone now: do not come back by yourself. */
  replaced: 4409,
  /** The session or the right ended. */
  notAllowed: 4403,
  /** What was sent is not what a phone of ours sends, or too much. */
  refused: 4400,
  /** The PBX went away: come back. */
  pbxGone: 4503,
} as const;

/** `web-` and the last twelve digits of a person's id, which are chance: the name of his endpoint on the PBX. */
export const browserPhonePrefix = 'web-';
export const browserEndpointOf = (personId: string): string =>
  `${browserPhonePrefix}${personId.replaceAll('-', '').slice(-12)}`;
/** The dial string of a person's browser phone, as it stands among an agent's devices. */
export const browserDeviceOf = (personId: string): string => `PJSIP/${browserEndpointOf(personId)}`;

export const IceServer = Type.Object({
  urls: Type.Array(Type.String()),
  username: Type.Optional(Type.String()),
  credential: Type.Optional(Type.String()),
});
export type IceServer = Static<typeof IceServer>;

/** `page` names one load of one page: what an earlier page of the person left behind on the PBX is hung up. */
export const ConnectPhone = Type.Object(
  { page: Type.String({ pattern: '^[0-9a-f]{32}$' }) },
  { additionalProperties: false },
);
export type ConnectPhone = Static<typeof ConnectPhone>;

/** What one connection of a browser phone needs. The ticket opens the gate once, within seconds. */
export const PhoneConnection = Type.Object({
  ticket: Type.String(),
  ticketExpiresAt: Time,
  /** `PJSIP/web-…` or the configured one. */
  device: Type.String(),
  sip: Type.Object({ uri: Type.String(), username: Type.String(), password: Type.String() }),
  iceServers: Type.Array(IceServer),
  /** When the TURN credentials end; null without TURN. */
  iceExpiresAt: Type.Union([Time, Type.Null()]),
  /** Whether the PBX lets this phone dial. */
  mayCall: Type.Boolean(),
});
export type PhoneConnection = Static<typeof PhoneConnection>;
