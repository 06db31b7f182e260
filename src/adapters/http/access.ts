import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { AppError } from '../../contract/errors.ts';
import type { AccessRule, Sessions } from '../../ports/http-viewer.ts';
import { isOwnOrigin } from '../../ports/own-origin.ts';
import { assertMay } from '../../ports/viewer.ts';

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Every request passes here first: is it from our own pages, who is it, may he call this route. */
export function guardRoutes(app: FastifyInstance, sessions: Sessions, publicUrl: string | null): void {
  const routes: RouteOptions[] = [];
  app.decorate('accessRules', () => routes.flatMap(rulesOf));
  app.decorateRequest('viewer', null);
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', async () => {
    const silent = routes.filter((route) => !route.config?.access);
    if (silent.length === 0) return;
    const names = silent.map((route) => `${route.method} ${route.url}`).join(', ');
    throw new Error(`These routes do not say who may call them (config.access): ${names}`);
  });
  // Not `onRequest`, where the rate limit of a route stands: who is refused here counts too, for it costs a look-up.
  app.addHook('preParsing', async (request) => {
    if (request.is404) return;
    refuseForeignPages(request, publicUrl);
    const { access } = request.routeOptions.config;
    if (access === 'public' || access === 'token') return;
    request.viewer = await sessions.viewerOfCookie(request.headers.cookie);
    if (!request.viewer) throw new AppError('not-signed-in');
    if (!access) throw new AppError('not-allowed');
    if (access !== 'signed-in') assertMay(request.viewer, access);
  });
}

const rulesOf = ({ method, url, config }: RouteOptions): AccessRule[] =>
  [method].flat().map((one) => ({ method: one, url, access: config?.access ?? null }));

/** Within this plugin every route is public; for packages that bring routes of their own. */
export function allPublic(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, access: 'public' };
  });
}

/**
 * Browsers say where a writing request comes from; only our own pages may send one. Programs say nothing and are let
 * through: they hold no cookie of somebody else's browser.
 */
function refuseForeignPages(request: FastifyRequest, publicUrl: string | null): void {
  if (readingMethods.has(request.method)) return;
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const own =
    origin === undefined
      ? site === undefined || site === 'same-origin'
      : isOwnOrigin(origin, request.host, publicUrl);
  if (!own) throw new AppError('foreign-origin');
}
