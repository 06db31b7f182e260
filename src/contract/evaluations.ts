import Type, { type Static } from 'typebox';
import { Id, NamedRef, Nullable, nameLengthMax, Page, pageSizeDefault, pageSizeMax, Time } from './common.ts';

export const commentLengthMax = 4_000;
export const criteriaMax = 30;
export const markMax = 100;
export const weightMax = 100;
/** How long its author may change an evaluation. */
export const editableHours = 24;

/** One thing looked at, marked from 0 to `max`; `weight` is its share in the score. */
export const Criterion = Type.Object(
  {
    /** Stays the same from one version of the grid to the next. */
    id: Type.String({ pattern: '^[a-z0-9-]{1,40}$' }),
    label: Type.String({ minLength: 1, maxLength: nameLengthMax, pattern: '\\S' }),
    max: Type.Integer({ minimum: 1, maximum: markMax }),
    weight: Type.Integer({ minimum: 1, maximum: weightMax }),
  },
  { additionalProperties: false },
);
export type Criterion = Static<typeof Criterion>;
const Criteria = Type.Array(Criterion, { minItems: 1, maxItems: criteriaMax });

/** The marks that an evaluation gives, as the managers define them. */
export const Grid = Type.Object({
  /** 0: nobody has defined one yet. */
  version: Type.Integer(),
  criteria: Type.Array(Criterion),
});
export type Grid = Static<typeof Grid>;
export const GridEdit = Type.Object({ criteria: Criteria }, { additionalProperties: false });
export type GridEdit = Static<typeof GridEdit>;

/** By criterion; one that is left out does not count. */
const Marks = Type.Record(
  Type.String({ pattern: '^[a-z0-9-]{1,40}$' }),
  Type.Integer({ minimum: 0, maximum: markMax }),
  { additionalProperties: false, maxProperties: criteriaMax },
);
const content = { marks: Marks, comment: Type.String({ maxLength: commentLengthMax }) };
/** `gridVersion`: the grid that the marks belong to. */
export const NewEvaluation = Type.Object(
  { agentId: Id, gridVersion: Type.Integer({ minimum: 1 }), ...content },
  { additionalProperties: false },
);
export type NewEvaluation = Static<typeof NewEvaluation>;
export const EvaluationEdit = Type.Object(content, { additionalProperties: false });
export type EvaluationEdit = Static<typeof EvaluationEdit>;

export const Evaluation = Type.Object({
  id: Id,
  callId: Id,
  callStartedAt: Time,
  agent: NamedRef,
  by: NamedRef,
  /** The grid it was made with. */
  criteria: Type.Array(Criterion),
  marks: Marks,
  /** Weighted share of what could be had, 0 to 100; null when nothing was marked. */
  score: Nullable(Type.Number()),
  comment: Type.String(),
  createdAt: Time,
  updatedAt: Time,
  /** The viewer may change it still. */
  editable: Type.Boolean(),
});
export type Evaluation = Static<typeof Evaluation>;
export const EvaluationsPage = Page(Evaluation);
export type EvaluationsPage = Static<typeof EvaluationsPage>;

/** `from` is inclusive, `to` exclusive, on when it was made. */
export const EvaluationFilters = Type.Object(
  {
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    agent: Type.Optional(Id),
    author: Type.Optional(Id),
    call: Type.Optional(Id),
    scoreMin: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
    scoreMax: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
  },
  { additionalProperties: false },
);
export type EvaluationFilters = Static<typeof EvaluationFilters>;
export const EvaluationsQuery = Type.Object(
  {
    ...EvaluationFilters.properties,
    cursor: Type.Optional(Type.String({ maxLength: 200 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax, default: pageSizeDefault })),
  },
  { additionalProperties: false },
);
export type EvaluationsQuery = Static<typeof EvaluationsQuery>;
