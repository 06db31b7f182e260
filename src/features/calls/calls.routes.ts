import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Call, CallFilters, CallsPage, CallsQuery } from '../../contract/calls.ts';
import { Id } from '../../contract/common.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { CallsService } from './calls.service.ts';
import { csvOf } from './calls-csv.ts';

const config = { access: 'calls.view' } as const;
const tags = ['calls'];
const params = Type.Object({ id: Id });
const CsvQuery = Type.Object(
  { ...CallFilters.properties, locale: Type.Optional(Type.Enum(['fr', 'en'])) },
  { additionalProperties: false },
);

export function callsRoutes(calls: CallsService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/calls',
      {
        config,
        schema: {
          summary: 'Calls, newest first, with the figures of the whole list',
          tags,
          querystring: CallsQuery,
          response: { 200: CallsPage },
        },
      },
      (request) => calls.list(requireViewer(request), request.query),
    );
    app.get(
      '/api/calls.csv',
      { config, schema: { summary: 'The same calls as CSV', tags, querystring: CsvQuery } },
      async (request, reply) => {
        const { locale, ...filters } = request.query;
        const language = locale ?? (/^\s*fr\b/i.test(request.headers['accept-language'] ?? '') ? 'fr' : 'en');
        const rows = await calls.all(requireViewer(request), filters);
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', 'attachment; filename="calls.csv"')
          .send(csvOf(rows, language));
      },
    );
    app.get(
      '/api/calls/:id',
      { config, schema: { summary: 'One call', tags, params, response: { 200: Call } } },
      (request) => calls.get(requireViewer(request), request.params.id),
    );
  };
}
