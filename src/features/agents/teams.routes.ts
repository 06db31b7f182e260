import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Id, NamedRef } from '../../contract/common.ts';
import { TeamEdit, TeamsPage } from '../../contract/teams.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { TeamsService } from './teams.service.ts';

const ById = Type.Object({ id: Id });

export function teamsRoutes(teams: TeamsService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/teams',
      { config: { access: 'agents.view' }, schema: { response: { 200: TeamsPage } } },
      async (request) => ({ items: await teams.list(requireViewer(request)), nextCursor: null }),
    );
    app.post(
      '/api/teams',
      { config: { access: 'teams.edit' }, schema: { body: TeamEdit, response: { 201: NamedRef } } },
      async (request, reply) => reply.code(201).send(await teams.add(requireViewer(request), request.body)),
    );
    app.patch(
      '/api/teams/:id',
      {
        config: { access: 'teams.edit' },
        schema: { params: ById, body: TeamEdit, response: { 200: NamedRef } },
      },
      async (request) => await teams.rename(requireViewer(request), request.params.id, request.body),
    );
    app.delete(
      '/api/teams/:id',
      { config: { access: 'teams.edit' }, schema: { params: ById } },
      async (request, reply) => {
        await teams.remove(requireViewer(request), request.params.id);
        return reply.code(204).send();
      },
    );
  };
}
