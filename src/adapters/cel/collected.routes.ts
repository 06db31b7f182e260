import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { PbxName } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import type { Collected } from './collected.ts';

const tokenForm = /^Bearer ([\x21-\x7e]{1,200})$/i;

/** Where the journals of PBXs are sent to. Who does not know the token learns nothing, not even which PBXs there are. */
export function collectedRoutes(all: readonly Collected[]): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addContentTypeParser('text/csv', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.post(
      '/api/pbxs/:pbx/journal',
      {
        config: { access: 'token' },
        // Before a body is read.
        onRequest: async ({ params, headers }) => {
          find(all, (params as { pbx: string }).pbx, headers.authorization);
        },
        schema: {
          summary: 'Lines of Asterisk’s journal (CEL), whole and in their order, at least once',
          description:
            'Body: `text/csv`, 1 MB at most, as `cel_custom` writes it. Header: `Authorization: Bearer` with COLLECT_TOKEN. ' +
            '204: the lines are synced to the disk. 503 (`overloaded`): send them again later.',
          tags: ['journal'],
          params: Type.Object({ pbx: PbxName }),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const collected = find(all, request.params.pbx, request.headers.authorization);
        if (!Buffer.isBuffer(request.body)) throw new AppError('bad-request', 'The body is not text/csv');
        await collected.take(request.body);
        return reply.code(204).send(null);
      },
    );
  };
}

function find(all: readonly Collected[], pbx: string, authorization = ''): Collected {
  const token = tokenForm.exec(authorization)?.[1] ?? '';
  // Every PBX's token is compared: how long it takes tells nothing.
  const known = all.map((one) => one.knows(token) && one.pbx === pbx);
  const at = known.indexOf(true);
  if (at < 0) throw new AppError('bad-token');
  return all[at]!;
}
