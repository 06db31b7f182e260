import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../../contract/common.ts';
import { allPublic } from './access.ts';

/** `/openapi.json` from the routes' own schemas. Before the routes. */
export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Vigie',
        version,
        description:
          'Live supervision for call centres on Asterisk. Sign in with `POST /api/session`; errors are ' +
          '`application/problem+json` with a stable `code`.',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'vigie_session' },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access;
      const description = [schema?.description, access ? `Who may: ${access}.` : '']
        .filter(Boolean)
        .join(' ');
      const response = { ...(schema?.response as object), default: { description: 'A problem', ...Problem } };
      const scheme = access === 'token' ? 'token' : 'session';
      const security: Record<string, string[]>[] = access === 'public' ? [] : [{ [scheme]: [] }];
      return { schema: { ...schema, description, security, response }, url };
    },
  });
}

const wordmark = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40" height="40">
<text x="0" y="29" font-family="sans-serif" font-size="28" font-weight="bold" fill="#fff">Vigie</text></svg>`;

/** `/docs`: the same, readable; everything it needs is served from here. */
export async function serveDocs(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true }, config: { access: 'public' } }, () => app.swagger());
  await app.register(async (docs) => {
    allPublic(docs);
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      // The page itself must not ask the outside whether its document is valid.
      uiConfig: { validatorUrl: null, docExpansion: 'list', deepLinking: true },
      staticCSP: false,
      theme: { title: 'Vigie API' },
      logo: { type: 'image/svg+xml', content: wordmark, href: '/', target: '_self' },
    });
  });
}
