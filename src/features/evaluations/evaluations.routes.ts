import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Id } from '../../contract/common.ts';
import {
  Evaluation,
  EvaluationEdit,
  EvaluationFilters,
  EvaluationsPage,
  EvaluationsQuery,
  Grid,
  GridEdit,
  NewEvaluation,
} from '../../contract/evaluations.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { Evaluations } from './evaluations.service.ts';
import { evaluationsCsv } from './evaluations-csv.ts';

const tags = ['evaluations'];
const params = Type.Object({ id: Id });
const writing = { access: 'evaluations.write' } as const;
/** Who has written one, or may see all: the verb tells which. */
const either = { access: 'signed-in' } as const;
const IfMatch = Type.Object({
  'if-match': Type.Optional(Type.String({ pattern: '^"(0|[1-9][0-9]{0,8})"$' })),
});
const MineQuery = Type.Pick(EvaluationsQuery, ['cursor', 'limit']);
const CsvQuery = Type.Object(
  { ...EvaluationFilters.properties, locale: Type.Optional(Type.Enum(['fr', 'en'])) },
  { additionalProperties: false },
);

/** `/api/evaluations`, the grid they are made with, and a call's own. */
export function evaluationsRoutes(evaluations: Evaluations): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/evaluation-grid',
      { config: either, schema: { tags, response: { 200: Grid } } },
      (request) => evaluations.grid(requireViewer(request)),
    );
    app.put(
      '/api/evaluation-grid',
      {
        config: { access: 'policy.edit' },
        schema: { tags, headers: IfMatch, body: GridEdit, response: { 200: Grid } },
      },
      (request) => {
        const after = request.headers['if-match'];
        const from = after === undefined ? null : Number(after.slice(1, -1));
        return evaluations.setGrid(requireViewer(request), request.body.criteria, from);
      },
    );
    app.post(
      '/api/calls/:id/evaluations',
      { config: writing, schema: { tags, params, body: NewEvaluation, response: { 201: Evaluation } } },
      async (request, reply) => {
        reply.code(201);
        return evaluations.add(requireViewer(request), request.params.id, request.body);
      },
    );
    app.patch(
      '/api/evaluations/:id',
      { config: writing, schema: { tags, params, body: EvaluationEdit, response: { 200: Evaluation } } },
      (request) => evaluations.change(requireViewer(request), request.params.id, request.body),
    );
    app.get(
      '/api/evaluations',
      {
        config: either,
        schema: {
          summary: 'Evaluations, newest first',
          tags,
          querystring: EvaluationsQuery,
          response: { 200: EvaluationsPage },
        },
      },
      (request) => evaluations.list(requireViewer(request), request.query),
    );
    app.get(
      '/api/evaluations/mine',
      {
        config: { access: 'agent-page' },
        schema: {
          summary: 'What was said of me',
          tags,
          querystring: MineQuery,
          response: { 200: EvaluationsPage },
        },
      },
      (request) => evaluations.ofMine(requireViewer(request), request.query),
    );
    app.get(
      '/api/evaluations.csv',
      { config: either, schema: { summary: 'The same as CSV', tags, querystring: CsvQuery } },
      async (request, reply) => {
        const { locale, ...filters } = request.query;
        const language = locale ?? (/^\s*fr\b/i.test(request.headers['accept-language'] ?? '') ? 'fr' : 'en');
        const rows = await evaluations.all(requireViewer(request), filters);
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', 'attachment; filename="evaluations.csv"')
          .send(evaluationsCsv(rows, language));
      },
    );
  };
}
