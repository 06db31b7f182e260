import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { CallMarks } from '../../contract/call-marks.ts';
import { Id, pageSizeMax } from '../../contract/common.ts';
import { Policy, PolicyVersionsPage, RetentionStatus } from '../../contract/policy.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { createCallMarks } from './call-marks.ts';
import type { PolicyService } from './policy.service.ts';
import type { Retention } from './retention.ts';

const tags = ['policy'];
const viewing = { access: 'policy.view' } as const;
const editing = { access: 'policy.edit' } as const;
const ownCall = { access: 'agent-page', about: 'call' } as const;
const params = Type.Object({ id: Id });
/** `"7"`: the version the change was made from, as GET's `ETag` named it. */
const IfMatch = Type.Object({
  'if-match': Type.Optional(Type.String({ pattern: '^"(0|[1-9][0-9]{0,8})"$' })),
});
const VersionsQuery = Type.Object(
  {
    cursor: Type.Optional(Type.String({ maxLength: 20 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax })),
  },
  { additionalProperties: false },
);

/** `/api/policy`, and what people say about a call: `/api/calls/:id/{private,objection}`. */
export function policyRoutes(
  policy: PolicyService,
  marks: ReturnType<typeof createCallMarks>,
  retention: Retention,
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/policy',
      { config: viewing, schema: { summary: 'The policy in force', tags, response: { 200: Policy } } },
      async (request, reply) => tagged(reply, policy.get(requireViewer(request))),
    );
    app.put(
      '/api/policy',
      { config: editing, schema: { tags, headers: IfMatch, body: Policy, response: { 200: Policy } } },
      async (request, reply) => {
        const after = request.headers['if-match'];
        const from = after === undefined ? null : Number(after.slice(1, -1));
        return tagged(reply, await policy.set(requireViewer(request), request.body, from));
      },
    );
    app.get(
      '/api/policy/versions',
      {
        config: viewing,
        schema: { tags, querystring: VersionsQuery, response: { 200: PolicyVersionsPage } },
      },
      (request) => policy.versions(requireViewer(request), request.query),
    );
    app.get(
      '/api/policy/retention',
      { config: viewing, schema: { tags, response: { 200: RetentionStatus } } },
      (request) => retention.status(requireViewer(request)),
    );
    const marking = { tags, params, response: { 200: CallMarks } };
    const summary = 'Nobody may hear this call from now on';
    app.post(
      '/api/calls/:id/private',
      { config: ownCall, schema: { ...marking, summary } },
      async (request) => ({ items: await marks.setPrivate(requireViewer(request), request.params.id) }),
    );
    app.delete('/api/calls/:id/private', { config: ownCall, schema: marking }, async (request) => ({
      items: await marks.endPrivate(requireViewer(request), request.params.id),
    }));
    const either = { access: 'signed-in', about: 'call' } as const;
    app.post(
      '/api/calls/:id/objection',
      { config: either, schema: { ...marking, summary } },
      async (request) => ({ items: await marks.setObjection(requireViewer(request), request.params.id) }),
    );
    app.delete('/api/calls/:id/objection', { config: either, schema: marking }, async (request) => ({
      items: await marks.endObjection(requireViewer(request), request.params.id),
    }));
  };
}

function tagged(reply: FastifyReply, now: { version: number; policy: Policy }): Policy {
  reply.header('etag', `"${now.version}"`);
  return now.policy;
}
