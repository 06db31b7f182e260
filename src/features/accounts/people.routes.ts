import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Id } from '../../contract/common.ts';
import { NewPerson, PeoplePage, PeopleQuery, PersonAccount, PersonPatch } from '../../contract/people.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { PeopleService } from './people.service.ts';

const params = Type.Object({ id: Id });
const config = { access: 'people.edit' } as const;
const tags = ['people'];

export function peopleRoutes(people: PeopleService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/people',
      {
        config,
        schema: {
          summary: 'People and their logins',
          tags,
          querystring: PeopleQuery,
          response: { 200: PeoplePage },
        },
      },
      (request) => people.list(requireViewer(request), request.query),
    );
    app.get(
      '/api/people/:id',
      { config, schema: { summary: 'One person', tags, params, response: { 200: PersonAccount } } },
      (request) => people.get(requireViewer(request), request.params.id),
    );
    app.post(
      '/api/people',
      {
        config,
        schema: { summary: 'Make a login', tags, body: NewPerson, response: { 201: PersonAccount } },
      },
      async (request, reply) =>
        reply.code(201).send(await people.create(requireViewer(request), request.body)),
    );
    app.patch(
      '/api/people/:id',
      {
        config,
        schema: {
          summary: 'Change login, password, roles, teams; disable',
          tags,
          params,
          body: PersonPatch,
          response: { 200: PersonAccount },
        },
      },
      (request) => people.change(requireViewer(request), request.params.id, request.body),
    );
    app.delete(
      '/api/people/:id/sessions',
      {
        config,
        schema: { summary: 'Sign the person out everywhere', tags, params, response: { 204: Type.Null() } },
      },
      async (request, reply) => {
        await people.endSessions(requireViewer(request), request.params.id);
        return reply.code(204).send(null);
      },
    );
  };
}
