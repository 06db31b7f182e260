import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Queue, QueueEdit, QueueId, QueuesPage } from '../../contract/queues.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { QueuesService } from './queues.service.ts';

export function queuesRoutes(queues: QueuesService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/queues',
      { config: { access: 'agents.view' }, schema: { response: { 200: QueuesPage } } },
      async (request) => ({ items: await queues.list(requireViewer(request)), nextCursor: null }),
    );
    app.put(
      '/api/queues/:id',
      {
        config: { access: 'queues.edit' },
        schema: { params: Type.Object({ id: QueueId }), body: QueueEdit, response: { 200: Queue } },
      },
      async (request) => await queues.set(requireViewer(request), request.params.id, request.body),
    );
  };
}
