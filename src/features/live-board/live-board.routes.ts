import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { LiveSnapshot } from '../../contract/live.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { LiveBoard } from './live-board.ts';

export function liveBoardRoutes(board: LiveBoard): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/live',
      { config: { access: 'live.view' }, schema: { response: { 200: LiveSnapshot } } },
      async (request) => board.snapshotFor(requireViewer(request)),
    );
  };
}
