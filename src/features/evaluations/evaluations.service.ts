import { v7 } from 'uuid';
import type { Call } from '../../contract/calls.ts';
import { pageSizeDefault, pageSizeMax } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import {
  type Evaluation,
  type EvaluationEdit,
  type EvaluationFilters,
  type EvaluationsPage,
  type EvaluationsQuery,
  editableHours,
  type Grid,
  type NewEvaluation,
} from '../../contract/evaluations.ts';
import { refusalByRights } from '../../contract/may-do.ts';
import { checkPeriod } from '../../contract/period.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog, ListeningPolicy, PeopleDirectory, Person } from '../../ports/domain.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { cursorOf, positionOf } from './cursor.ts';
import {
  type EvaluationRow,
  type EvaluationScope,
  findEvaluations,
  insertEvaluation,
  insertGrid,
  readGrid,
  updateEvaluation,
} from './evaluations.repository.ts';
import { checkContent, checkGrid, scoreOf } from './score.ts';

export interface EvaluationsDeps {
  db: Database;
  clock: Clock;
  audit: AuditLog;
  people: Pick<PeopleDirectory, 'byId'>;
  policy: Pick<ListeningPolicy, 'current'>;
  /** The call as the viewer may see it. Throws `call-not-found`, `outside-your-teams`. */
  callOf(viewer: Viewer, callId: string): Promise<Call>;
}

/** Short evaluations of calls, by the managers' grid of marks. */
export function createEvaluations(deps: EvaluationsDeps) {
  const { db, clock, audit } = deps;
  const record = (viewer: Viewer, action: string, row: EvaluationRow) =>
    audit.write({
      actorId: viewer.personId,
      action,
      subjectId: row.agent.id,
      callId: row.callId,
      details: { evaluationId: row.id },
    });
  const shown = (viewer: Viewer, { gridVersion: _version, ...row }: EvaluationRow): Evaluation => ({
    ...row,
    editable: row.by.id === viewer.personId && isOpen(row, clock.now()),
  });

  async function own(viewer: Viewer, id: string): Promise<EvaluationRow> {
    const search = { filters: { id }, scope: scopeOf(viewer) };
    const [row] = await findEvaluations(db, search, { after: null, limit: 1 });
    if (!row) throw new AppError('not-found', 'There is no such evaluation');
    return row;
  }

  async function page(viewer: Viewer, scope: EvaluationScope, query: EvaluationsQuery) {
    const { cursor, limit = pageSizeDefault, ...filters } = query;
    checkPeriod(filters);
    const after = cursor === undefined ? null : positionOf(cursor);
    const rows = await findEvaluations(db, { filters, scope }, { after, limit: limit + 1 });
    const items = rows.slice(0, limit).map((row) => shown(viewer, row));
    return { items, nextCursor: rows.length > limit ? cursorOf(items.at(-1)!) : null };
  }

  return {
    async grid(viewer: Viewer): Promise<Grid> {
      assertMay(viewer, viewer.permissions.has('evaluations.write') ? 'evaluations.write' : 'policy.view');
      return readGrid(db);
    },

    /** `after`: the version the change was made from. Throws `validation-failed`, `grid-changed-meanwhile`. */
    async setGrid(viewer: Viewer, criteria: Grid['criteria'], after: number | null): Promise<Grid> {
      assertMay(viewer, 'policy.edit');
      checkGrid(criteria);
      const who = { actorId: viewer.personId, subjectId: null, callId: null };
      await audit.write({ ...who, action: 'evaluation-grid.changed', details: { after } });
      const grid = await insertGrid(db, { criteria, after, by: viewer.personId, atMs: clock.now() });
      if (!grid) throw new AppError('grid-changed-meanwhile');
      return grid;
    },

    /** Throws `already-evaluated`, `call-not-agents`, `own-call`, `grid-changed-meanwhile`, `validation-failed`. */
    async add(viewer: Viewer, callId: string, wish: NewEvaluation): Promise<Evaluation> {
      assertMay(viewer, 'evaluations.write');
      const call = await deps.callOf(viewer, callId);
      const agent = evaluated(deps.people.byId(wish.agentId), viewer, call);
      const grid = await readGrid(db);
      if (grid.version !== wish.gridVersion) throw new AppError('grid-changed-meanwhile');
      checkContent(grid.criteria, wish);
      const now = new Date(clock.now()).toISOString();
      const row: EvaluationRow = {
        id: v7(),
        callId,
        callStartedAt: call.startedAt,
        agent: { id: agent.id, name: agent.name },
        by: { id: viewer.personId, name: viewer.name },
        gridVersion: grid.version,
        criteria: grid.criteria,
        marks: wish.marks,
        score: scoreOf(grid.criteria, wish.marks),
        comment: wish.comment,
        createdAt: now,
        updatedAt: now,
      };
      if (!(await insertEvaluation(db, row))) throw new AppError('already-evaluated');
      await record(viewer, 'evaluation.written', row);
      return shown(viewer, row);
    },

    /** Its author only, for a day. Throws `evaluation-closed`. */
    async change(viewer: Viewer, id: string, { marks, comment }: EvaluationEdit): Promise<Evaluation> {
      assertMay(viewer, 'evaluations.write');
      const row = await own(viewer, id);
      if (row.by.id !== viewer.personId)
        throw new AppError('not-allowed', 'Only its author changes an evaluation');
      if (!isOpen(row, clock.now())) throw new AppError('evaluation-closed');
      checkContent(row.criteria, { marks, comment });
      const score = scoreOf(row.criteria, marks);
      const change = { marks, comment, score, updatedAt: new Date(clock.now()).toISOString() };
      await record(viewer, 'evaluation.changed', row);
      await updateEvaluation(db, id, change);
      return shown(viewer, { ...row, ...change });
    },

    /** His own, and those of his teams' agents for who may see all. */
    async list(viewer: Viewer, query: EvaluationsQuery): Promise<EvaluationsPage> {
      assertMayRead(viewer);
      return page(viewer, scopeOf(viewer), query);
    },

    /** What was said of the agent himself, if the policy shows it to him. */
    async ofMine(
      viewer: Viewer,
      query: Pick<EvaluationsQuery, 'cursor' | 'limit'>,
    ): Promise<EvaluationsPage> {
      assertMay(viewer, 'agent-page');
      if (!deps.policy.current().evaluationsShownToAgent) return { items: [], nextCursor: null };
      return page(viewer, { ofAgent: viewer.personId }, query);
    },

    /** Every evaluation of the list, read page by page; the first page is read before it settles. */
    async all(viewer: Viewer, filters: EvaluationFilters): Promise<AsyncIterable<Evaluation>> {
      assertMayRead(viewer);
      const read = (cursor?: string) => {
        const from = cursor === undefined ? {} : { cursor };
        return page(viewer, scopeOf(viewer), { ...filters, ...from, limit: pageSizeMax });
      };
      const { agent: subjectId = null, call: callId = null } = filters;
      const about = { subjectId, callId, details: { ...filters } };
      await audit.write({ actorId: viewer.personId, action: 'evaluations.exported', ...about });
      const first = await read();
      return (async function* () {
        for (let part = first; ; part = await read(part.nextCursor!)) {
          yield* part.items;
          if (part.nextCursor === null) return;
        }
      })();
    },
  };
}
export type Evaluations = ReturnType<typeof createEvaluations>;

const isOpen = (row: Pick<EvaluationRow, 'createdAt'>, nowMs: number): boolean =>
  nowMs < Date.parse(row.createdAt) + editableHours * 3_600_000;

function assertMayRead(viewer: Viewer): void {
  assertMay(
    viewer,
    viewer.permissions.has('evaluations.view-all') ? 'evaluations.view-all' : 'evaluations.write',
  );
}

function scopeOf(viewer: Viewer): EvaluationScope {
  const mayAll = viewer.permissions.has('evaluations.view-all');
  const teamIds = mayAll ? (viewer.everyTeam ? null : viewer.teamIds) : [];
  return { author: viewer.personId, teamIds };
}

/** Who took part in the call and is of the viewer's agents. */
function evaluated(agent: Person | undefined, viewer: Viewer, call: Call): Person {
  if (!agent) throw new AppError('agent-not-found');
  if (agent.id === viewer.personId) throw new AppError('own-call', 'You cannot evaluate yourself');
  const refused = refusalByRights('evaluations.write', {
    viewer,
    agent: { teamIds: agent.teams.map((team) => team.id) },
  });
  if (refused) throw new AppError(refused);
  const tookPart = call.segments.some((segment) => segment.agent?.id === agent.id);
  if (!tookPart) throw new AppError('call-not-agents', 'The agent did not talk in that call');
  return agent;
}
