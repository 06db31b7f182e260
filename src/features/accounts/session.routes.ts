import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { ChangePassword } from '../../contract/people.ts';
import { Session, SignIn } from '../../contract/session.ts';
import type {} from '../../ports/http-viewer.ts';
import { sessionCookie } from './session-token.ts';
import type { Client, SessionsService } from './sessions.service.ts';

/** `secure`: the panel is served over https, so the cookie never travels without. */
export function sessionRoutes(o: {
  sessions: SessionsService;
  secure: boolean;
  sessionHours: number;
}): FastifyPluginAsyncTypebox {
  const { sessions } = o;
  const cookie = { path: '/', httpOnly: true, sameSite: 'strict', secure: o.secure } as const;
  const NoContent = Type.Null({ description: 'Done' });
  return async (app) => {
    app.post(
      '/api/session',
      {
        config: { access: 'public' },
        schema: { summary: 'Sign in', tags: ['session'], body: SignIn, response: { 200: Session } },
      },
      async (request, reply) => {
        const { login, password } = request.body;
        const { token } = await sessions.signIn(login, password, clientOf(request));
        // The browser's earlier session, if it had one, ends with it.
        await sessions.signOut(request.headers.cookie);
        reply.setCookie(sessionCookie, token, { ...cookie, maxAge: o.sessionHours * 3_600 });
        return await sessions.describe(`${sessionCookie}=${token}`);
      },
    );
    app.get(
      '/api/session',
      {
        config: { access: 'signed-in' },
        schema: { summary: 'Who am I, what may I', tags: ['session'], response: { 200: Session } },
      },
      (request) => sessions.describe(request.headers.cookie),
    );
    app.delete(
      '/api/session',
      {
        config: { access: 'public' },
        schema: { summary: 'Sign out', tags: ['session'], response: { 204: NoContent } },
      },
      async (request, reply) => {
        await sessions.signOut(request.headers.cookie);
        return reply.clearCookie(sessionCookie, cookie).code(204).send(null);
      },
    );
    app.put(
      '/api/session/password',
      {
        config: { access: 'signed-in' },
        schema: {
          summary: 'Change my password; my other sessions end',
          tags: ['session'],
          body: ChangePassword,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        await sessions.changePassword(request.headers.cookie, request.body, clientOf(request));
        return reply.code(204).send(null);
      },
    );
  };
}

const clientOf = (request: FastifyRequest): Client => ({
  address: request.ip,
  userAgent: request.headers['user-agent'] ?? '',
});
