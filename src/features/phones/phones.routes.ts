import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { ConnectPhone, PhoneConnection } from '../../contract/phones.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { Viewer } from '../../ports/viewer.ts';

export function phonesRoutes(
  connect: (viewer: Viewer, page: string) => Promise<PhoneConnection>,
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/api/phone',
      {
        config: { access: 'signed-in' },
        schema: {
          summary: 'A connection for the phone in my browser',
          description:
            'The ticket opens the websocket `/phone` once, offered as the sub-protocol `ticket.…` beside `sip`.',
          tags: ['phone'],
          body: ConnectPhone,
          response: { 200: PhoneConnection },
        },
      },
      (request) => connect(requireViewer(request), request.body.page),
    );
  };
}
