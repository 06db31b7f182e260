import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Id, pageSizeDefault, pageSizeMax } from '../../contract/common.ts';
import { ScreenViewing, ScreenViewingsPage, StartedViewing, WatchScreen } from '../../contract/screens.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { ScreensService } from './screens.service.ts';

const Params = Type.Object({ id: Id });
const Query = Type.Object(
  {
    agent: Type.Optional(Id),
    open: Type.Optional(Type.Boolean()),
    cursor: Type.Optional(Id),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax, default: pageSizeDefault })),
  },
  { additionalProperties: false },
);
const watching = { access: 'screens.watch' } as const;
const tags = ['screens'];

/** `/api/screens`: begin to watch, stop, and who watched whom. */
export function screensRoutes(screens: ScreensService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/screens',
      {
        config: { ...watching, about: 'screen' },
        schema: {
          summary: 'Watch an agent’s screen; the picture goes from browser to browser',
          tags,
          body: WatchScreen,
          response: { 201: StartedViewing },
        },
      },
      async (request, reply) => {
        reply.code(201).header('cache-control', 'no-store');
        return screens.start(requireViewer(request), request.body);
      },
    );
    app.delete(
      '/api/screens/:id',
      {
        config: { ...watching, about: 'viewing' },
        schema: { tags, params: Params, response: { 200: ScreenViewing } },
      },
      async (request) => screens.stop(requireViewer(request), request.params.id),
    );
    app.get(
      '/api/screens',
      { config: watching, schema: { tags, querystring: Query, response: { 200: ScreenViewingsPage } } },
      async (request) => {
        const { agent, open, cursor, limit = pageSizeDefault } = request.query;
        const filters = { agentId: agent, isOpen: open, before: cursor, limit };
        return screens.list(requireViewer(request), filters);
      },
    );
  };
}
