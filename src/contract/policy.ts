import Type, { type Static } from 'typebox';
import { Id, Nullable } from './common.ts';
import { permissions, roles } from './permissions.ts';

/** How an agent learns that he is listened to: not at all, by a mark on his page, by the mark and a tone in his ear. */
export const informAgentWays = ['never', 'mark', 'beep'] as const;
export type InformAgent = (typeof informAgentWays)[number];

/** `HH:MM`, 24 hours. */
const TimeOfDay = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' });
/** Hours in which these people may be listened to. Without teams and agents: everybody. */
export const ListeningWindow = Type.Object(
  {
    /** ISO week days, 1 is Monday. */
    days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
    }),
    from: TimeOfDay,
    /** Before `from`: into the next day. */
    to: TimeOfDay,
    teamIds: Type.Array(Id, { maxItems: 200 }),
    agentIds: Type.Array(Id, { maxItems: 1_000 }),
    /** First and last day of the campaign that staff were told of (`YYYY-MM-DD`); null: for good. */
    firstDay: Nullable(Type.String({ format: 'date' })),
    lastDay: Nullable(Type.String({ format: 'date' })),
  },
  { additionalProperties: false },
);
export type ListeningWindow = Static<typeof ListeningWindow>;

const days = (fallback: number | null) =>
  Nullable(Type.Integer({ minimum: 1, maximum: 3_650, default: fallback }));

/** The listening policy (CNIL). The default forbids nothing but a missing reason. */
export const Policy = Type.Object(
  {
    reasonRequired: Type.Boolean(),
    /** Reasons offered; with `reasonsOnly` no other is accepted. */
    reasons: Type.Array(Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }), { maxItems: 50 }),
    reasonsOnly: Type.Boolean(),
    /** `never` needs at least one window. */
    informAgent: Type.Enum([...informAgentWays]),
    /** The mark says who listens. */
    informAgentWho: Type.Boolean(),
    informAgentOfScreen: Type.Boolean(),
    windows: Type.Array(ListeningWindow, { maxItems: 100 }),
    /** IANA time zone of the windows. */
    timeZone: Type.String({ minLength: 1, maxLength: 64 }),
    /** Longest persistent listening, minutes; null: no limit. */
    persistentMinutesMax: Nullable(Type.Integer({ minimum: 1, maximum: 1_440 })),
    /** Numbers never listened to; `*` at the end stands for any ending. */
    protectedNumbers: Type.Array(Type.String({ pattern: '^[0-9+*#]{1,32}$' }), { maxItems: 1_000 }),
    protectedQueues: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 200 }),
    protectInternalCalls: Type.Boolean(),
    /** Emergency and help lines of the list in `features/policy`. */
    protectEmergencyLines: Type.Boolean(),
    agentsMayMarkPrivate: Type.Boolean(),
    evaluationsShownToAgent: Type.Boolean(),
    /** Days after which each kind of data is deleted; null: kept. */
    retentionDays: Type.Object(
      {
        calls: days(null),
        supervisions: days(null),
        audit: days(365),
        evaluations: days(365),
        chat: days(365),
      },
      { additionalProperties: false },
    ),
    /** Permissions that a role does not have on a team (`teamId` null: on any). */
    withheld: Type.Array(
      Type.Object(
        {
          role: Type.Enum([...roles]),
          teamId: Nullable(Id),
          permission: Type.Enum([...permissions]),
        },
        { additionalProperties: false },
      ),
      { maxItems: 1_000 },
    ),
  },
  { additionalProperties: false },
);
export type Policy = Static<typeof Policy>;

export const defaultPolicy: Policy = {
  reasonRequired: true,
  reasons: [],
  reasonsOnly: false,
  informAgent: 'mark',
  informAgentWho: false,
  informAgentOfScreen: true,
  windows: [],
  timeZone: 'Europe/Paris',
  persistentMinutesMax: null,
  protectedNumbers: [],
  protectedQueues: [],
  protectInternalCalls: false,
  protectEmergencyLines: false,
  agentsMayMarkPrivate: true,
  evaluationsShownToAgent: false,
  retentionDays: { calls: null, supervisions: null, audit: 365, evaluations: 365, chat: 365 },
  withheld: [],
};
