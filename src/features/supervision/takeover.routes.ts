import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Id } from '../../contract/common.ts';
import { HandOver, Supervision } from '../../contract/supervisions.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { SupervisionFeature } from './create-supervision.ts';

const params = Type.Object({ id: Id });

/** A call that was taken over goes on to somebody else; a call that waits is moved. */
export function takeoverRoutes(
  supervisions: Pick<SupervisionFeature, 'handOver' | 'move'>,
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/supervisions/:id/hand-over',
      {
        config: { access: 'supervision.intercept', about: 'supervision' },
        schema: { tags: ['supervisions'], params, body: HandOver, response: { 200: Supervision } },
      },
      async (request) => supervisions.handOver(requireViewer(request), request.params.id, request.body),
    );
    app.post(
      '/api/calls/:id/move',
      {
        config: { access: 'calls.move', about: 'call' },
        schema: { tags: ['calls'], params, body: HandOver, response: { 204: Type.Null() } },
      },
      async (request, reply) => {
        await supervisions.move(requireViewer(request), request.params.id, request.body);
        return reply.code(204).send(null);
      },
    );
  };
}
