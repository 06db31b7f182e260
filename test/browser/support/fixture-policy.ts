import type { FastifyInstance } from 'fastify';
import {
  Evaluation,
  EvaluationsPage,
  type Grid,
  GridEdit,
  NewEvaluation,
} from '../../../src/contract/evaluations.ts';
import { defaultPolicy, Policy, PolicyVersionsPage, RetentionStatus } from '../../../src/contract/policy.ts';
import { checked } from './checked.ts';
import { idOf } from './ids.ts';

const me = { id: idOf('person', 1), name: 'Camille Roux' };
const at = '2026-11-20T09:30:00.000Z';
const criteria = [
  { id: 'accueil', label: 'Accueil', max: 5, weight: 1 },
  { id: 'solution', label: 'Solution trouvée <b>', max: 10, weight: 3 },
];

/** The policy, the grid and evaluations: enough to show the pages, to change and to evaluate. */
export function policyRoutes(app: FastifyInstance): void {
  let policy: Policy = {
    ...defaultPolicy,
    reasons: ['Formation', 'Qualité'],
    protectedNumbers: ['0800*', '+33612345678'],
    windows: [
      {
        days: [1, 2, 3, 4, 5],
        from: '09:00',
        to: '18:00',
        teamIds: [idOf('team', 0)],
        agentIds: [],
        firstDay: '2026-11-01',
        lastDay: null,
      },
    ],
    withheld: [{ role: 'supervisor', teamId: null, permission: 'supervision.barge' }],
  };
  let version = 3;
  let grid: Grid = { version: 1, criteria };
  const evaluations: Evaluation[] = [3, 1].map((n) => makeEvaluation(n));

  app.get('/api/policy', () => checked(Policy, policy));
  app.put<{ Body: Policy }>('/api/policy', ({ body }) => {
    policy = checked(Policy, body);
    version += 1;
    return policy;
  });
  app.get('/api/policy/versions', () =>
    checked(PolicyVersionsPage, {
      items: [{ version, at, by: me, changed: ['windows', 'retentionDays'], policy }],
      nextCursor: null,
    }),
  );
  app.get('/api/policy/retention', () =>
    checked(RetentionStatus, {
      lastRun: {
        startedAt: at,
        endedAt: at,
        kinds: [
          { kind: 'audit', before: at, deleted: 0, complete: true },
          { kind: 'evaluations', before: at, deleted: 12, complete: true },
          { kind: 'chat', before: at, deleted: 1, complete: false },
        ],
      },
    }),
  );
  app.get('/api/evaluation-grid', () => grid);
  app.put<{ Body: GridEdit }>('/api/evaluation-grid', ({ body }) => {
    grid = { version: grid.version + 1, criteria: checked(GridEdit, body).criteria };
    return grid;
  });
  app.get<{ Querystring: { call?: string; agent?: string } }>('/api/evaluations', ({ query }) => {
    const items = evaluations.filter(
      ({ callId, agent }) =>
        (!query.call || callId === query.call) && (!query.agent || agent.id === query.agent),
    );
    return checked(EvaluationsPage, { items, nextCursor: null });
  });
  app.get('/api/evaluations/mine', () => checked(EvaluationsPage, { items: evaluations, nextCursor: null }));
  app.post<{ Body: NewEvaluation; Params: { id: string } }>(
    '/api/calls/:id/evaluations',
    ({ body, params }, reply) => {
      const { agentId, marks, comment } = checked(NewEvaluation, body);
      const made = checked(Evaluation, {
        ...makeEvaluation(evaluations.length + 10),
        callId: params.id,
        agent: { id: agentId, name: 'Alice Martin' },
        by: me,
        marks,
        comment,
        editable: true,
      });
      evaluations.unshift(made);
      return reply.code(201).send(made);
    },
  );
}

const makeEvaluation = (n: number): Evaluation => ({
  id: idOf('evaluation', n),
  callId: idOf('call', n),
  callStartedAt: at,
  agent: { id: idOf('agent', n), name: n % 2 ? 'Alice Martin' : 'Zoë 🔥 <b>Bold</b>' },
  by: { id: idOf('person', 2), name: 'Nadia Cohen' },
  criteria,
  marks: { accueil: 4, solution: 7 },
  score: 72.5,
  comment: 'Très bonne écoute, la solution est venue tard. \u202Eoops',
  createdAt: at,
  updatedAt: at,
  editable: false,
});
