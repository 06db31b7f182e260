import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Id, pageSizeDefault, pageSizeMax } from '../../contract/common.ts';
import {
  ChangeSupervision,
  StartSupervision,
  Supervision,
  SupervisionsPage,
} from '../../contract/supervisions.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { SupervisionService } from './supervision.service.ts';

const Params = Type.Object({ id: Id });
const Headers = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, pattern: '^[\\x21-\\x7e]+$' }),
  ),
});
const Query = Type.Object(
  {
    agent: Type.Optional(Id),
    open: Type.Optional(Type.Boolean()),
    cursor: Type.Optional(Id),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax, default: pageSizeDefault })),
  },
  { additionalProperties: false },
);
const listening = { access: 'supervision.listen' } as const;
const one = { ...listening, about: 'supervision' } as const;
const viewing = { access: 'live.view' } as const;
const tags = ['supervisions'];

/** `/api/supervisions`: start, change, stop, see. */
export function supervisionRoutes(supervisions: SupervisionService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/supervisions',
      {
        config: { ...listening, about: 'agent' },
        schema: { tags, headers: Headers, body: StartSupervision, response: { 201: Supervision } },
      },
      async (request, reply) => {
        const key = request.headers['idempotency-key'];
        reply.code(201);
        return supervisions.start(requireViewer(request), request.body, key);
      },
    );
    app.patch(
      '/api/supervisions/:id',
      {
        config: one,
        schema: { tags, params: Params, body: ChangeSupervision, response: { 200: Supervision } },
      },
      async (request) => supervisions.change(requireViewer(request), request.params.id, request.body),
    );
    app.delete(
      '/api/supervisions/:id',
      { config: one, schema: { tags, params: Params, response: { 200: Supervision } } },
      async (request) => supervisions.stop(requireViewer(request), request.params.id),
    );
    app.get(
      '/api/supervisions/:id',
      {
        config: { ...viewing, about: 'supervision' },
        schema: { tags, params: Params, response: { 200: Supervision } },
      },
      async (request) => supervisions.get(requireViewer(request), request.params.id),
    );
    app.get(
      '/api/supervisions',
      { config: viewing, schema: { tags, querystring: Query, response: { 200: SupervisionsPage } } },
      async (request) => {
        const { agent, open, cursor, limit = pageSizeDefault } = request.query;
        return supervisions.list(requireViewer(request), {
          agentId: agent,
          isOpen: open,
          before: cursor,
          limit,
        });
      },
    );
  };
}
