import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Agent, AgentPatch, AgentsPage, DiscoveredEndpoint, NewAgent } from '../../contract/agents.ts';
import { Id, pageSizeDefault, pageSizeMax } from '../../contract/common.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { AgentsService } from './agents.service.ts';

const importBytesMax = 2_000_000;
const ById = Type.Object({ id: Id });
const AgentsQuery = Type.Object(
  {
    cursor: Type.Optional(Type.String({ maxLength: 1_000 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageSizeMax, default: pageSizeDefault })),
    team: Type.Optional(Id),
    q: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  { additionalProperties: false },
);

export function agentsRoutes(agents: AgentsService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addContentTypeParser('text/csv', { parseAs: 'string', bodyLimit: importBytesMax }, (_, body, done) =>
      done(null, body),
    );
    app.get(
      '/api/agents',
      {
        config: { access: 'agents.view' },
        schema: { querystring: AgentsQuery, response: { 200: AgentsPage } },
      },
      async (request) => agents.list(requireViewer(request), request.query),
    );
    app.get(
      '/api/agents/discovered',
      {
        config: { access: 'agents.edit' },
        schema: { response: { 200: Type.Object({ items: Type.Array(DiscoveredEndpoint) }) } },
      },
      async (request) => ({ items: agents.discovered(requireViewer(request)) }),
    );
    app.get(
      '/api/agents/:id',
      { config: { access: 'agents.view' }, schema: { params: ById, response: { 200: Agent } } },
      async (request) => agents.get(requireViewer(request), request.params.id),
    );
    app.post(
      '/api/agents',
      { config: { access: 'agents.edit' }, schema: { body: NewAgent, response: { 201: Agent } } },
      async (request, reply) => {
        const agent = await agents.add(requireViewer(request), request.body);
        return reply.code(201).header('location', `/api/agents/${agent.id}`).send(agent);
      },
    );
    app.patch(
      '/api/agents/:id',
      {
        config: { access: 'agents.edit' },
        schema: { params: ById, body: AgentPatch, response: { 200: Agent } },
      },
      async (request) => agents.change(requireViewer(request), request.params.id, request.body),
    );
    app.post(
      '/api/agents/import',
      {
        config: { access: 'agents.edit' },
        bodyLimit: importBytesMax,
        schema: {
          consumes: ['text/csv'],
          body: Type.String({ minLength: 1 }),
          response: { 200: Type.Object({ imported: Type.Integer(), items: Type.Array(Agent) }) },
        },
      },
      async (request) => agents.importCsv(requireViewer(request), request.body),
    );
  };
}
