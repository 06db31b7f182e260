import Type, { type Static } from 'typebox';
import { Id, NamedRef, Nullable, Page, Time } from './common.ts';
import { roles, withholdable } from './permissions.ts';
import { queueKeyLengthMax } from './queues.ts';

/** How an agent learns that he is listened to: not at all, by a mark on his page, by the mark and a tone in his ear. */
export const informAgentWays = ['never', 'mark', 'beep'] as const;
export type InformAgent = (typeof informAgentWays)[number];

/** `HH:MM`, 24 hours. */
const TimeOfDay = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' });
/**
 * A period that staff were told of, in which these people may be listened to. Without teams and agents: everybody.
 * Once there is one period, nobody is listened to outside the periods that name him.
 */
export const ListeningWindow = Type.Object(
  {
    /** ISO week days, 1 is Monday. */
    days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
    }),
    from: TimeOfDay,
    /** Exclusive. Before `from`: into the next day, which `days` and the dates do not have to name. Equal: 24 hours. */
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

export const retentionDaysMax = 3_650;
const days = () => Nullable(Type.Integer({ minimum: 1, maximum: retentionDaysMax }));

/** What is deleted when it is old. */
export const dataKinds = ['calls', 'supervisions', 'audit', 'evaluations', 'chat'] as const;
export type DataKind = (typeof dataKinds)[number];

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
    /** Names, of queues on every PBX, or keys (`queueKey`), of one PBX's. */
    protectedQueues: Type.Array(Type.String({ minLength: 1, maxLength: queueKeyLengthMax }), {
      maxItems: 200,
    }),
    protectInternalCalls: Type.Boolean(),
    /** Emergency and help lines: `protectedLines`. */
    protectEmergencyLines: Type.Boolean(),
    agentsMayMarkPrivate: Type.Boolean(),
    evaluationsShownToAgent: Type.Boolean(),
    /** Days after which each kind of data is deleted; null: kept. */
    retentionDays: Type.Object(
      {
        calls: days(),
        supervisions: days(),
        audit: days(),
        evaluations: days(),
        chat: days(),
      },
      { additionalProperties: false },
    ),
    /** Permissions that a role does not have on a team (`teamId` null: on any). */
    withheld: Type.Array(
      Type.Object(
        {
          role: Type.Enum([...roles]),
          teamId: Nullable(Id),
          permission: Type.Enum([...withholdable]),
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

/** One version of the policy: what was in force from `at` on, and who made it so (null: nobody of ours). */
export const PolicyVersion = Type.Object({
  version: Type.Integer(),
  at: Time,
  by: Nullable(NamedRef),
  /** Names of the fields that differ from the version before. */
  changed: Type.Array(Type.String()),
  policy: Policy,
});
export type PolicyVersion = Static<typeof PolicyVersion>;
export const PolicyVersionsPage = Page(PolicyVersion);

/** One nightly deletion: how many rows of each kind were older than the policy keeps them. */
export const RetentionRun = Type.Object({
  startedAt: Time,
  endedAt: Time,
  kinds: Type.Array(
    Type.Object({
      kind: Type.Enum([...dataKinds]),
      /** Older than this was deleted. */
      before: Time,
      deleted: Type.Integer(),
      /** False: some of it is still there, the next run goes on. */
      complete: Type.Boolean(),
    }),
  ),
});
export type RetentionRun = Static<typeof RetentionRun>;
export const RetentionStatus = Type.Object({ lastRun: Nullable(RetentionRun) });

/** Numbers nobody is to be heard with. `country` null: every country of the European Union. */
export interface ProtectedLine {
  number: string;
  country: string | null;
  what: string;
}

/** Beside each group, or each number, who says so. */
export const protectedLines: readonly ProtectedLine[] = [
  // ARCEP, « Liste des numéros d’urgence »; European Commission for the whole Union.
  { number: '112', country: null, what: 'emergency' },
  // European Commission, decision 2007/116/EC as amended by 2007/698/EC and 2009/884/EC; 116000 and 116117 ARCEP as well.
  { number: '116000', country: null, what: 'missing children' },
  { number: '116006', country: null, what: 'victims of crime' },
  { number: '116111', country: null, what: 'children' },
  { number: '116117', country: null, what: 'doctor on call' },
  { number: '116123', country: null, what: 'emotional support' },
  // ARCEP, « Liste des numéros d’urgence ».
  { number: '15', country: 'FR', what: 'SAMU' },
  { number: '17', country: 'FR', what: 'police' },
  { number: '18', country: 'FR', what: 'pompiers' },
  { number: '114', country: 'FR', what: 'urgences, sourds et malentendants' },
  { number: '115', country: 'FR', what: 'urgence sociale' },
  { number: '119', country: 'FR', what: 'enfance en danger' },
  { number: '191', country: 'FR', what: 'sauvetage aéronautique' },
  { number: '196', country: 'FR', what: 'sauvetage maritime' },
  { number: '197', country: 'FR', what: 'alerte attentat ou enlèvement' },
  { number: '3018', country: 'FR', what: 'harcèlement et violences numériques' }, // e-Enfance
  { number: '3114', country: 'FR', what: 'prévention du suicide' }, // Ministère de la Santé
  { number: '3919', country: 'FR', what: 'violences faites aux femmes' }, // Fédération nationale Solidarité Femmes
  { number: '3133', country: 'FR', what: 'maltraitance des adultes vulnérables' }, // Ministère des Solidarités, since March 2026
  { number: '3977', country: 'FR', what: 'maltraitance des aînés' }, // Fédération 3977, whose place 3133 takes
];
