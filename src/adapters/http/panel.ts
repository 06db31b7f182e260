import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../contract/errors.ts';
import { allPublic } from './access.ts';
import { sendProblem } from './problem.ts';

const immutable = 'public, max-age=31536000, immutable';

/**
 * The built pages; an address that is no file gets the agents’ own page (`/agent`) or the panel (`/calls`). Everything else
 * unknown is `not-found`.
 */
export async function servePanel(app: FastifyInstance, folder: string): Promise<void> {
  const page = join(folder, 'index.html');
  const built = existsSync(page);
  if (built) {
    await app.register(async (files) => {
      allPublic(files);
      await files.register(fastifyStatic, {
        root: folder,
        cacheControl: false,
        // Vite puts a hash of the content into every name under assets/.
        setHeaders: (reply, path) => {
          const hashed = path.startsWith(join(folder, 'assets') + sep);
          reply.header('cache-control', hashed ? immutable : 'no-cache');
        },
      });
    });
  }
  app.setNotFoundHandler((request, reply) => {
    if (!wantsPage(request)) return sendProblem(request, reply, new AppError('not-found'));
    const file = /^\/agent(\/|\?|$)/.test(request.url) ? 'agent.html' : 'index.html';
    if (built) return reply.code(200).header('cache-control', 'no-cache').sendFile(file);
    return reply.code(503).type('text/plain; charset=utf-8').send('The panel is not built: npm run build\n');
  });
}

function wantsPage(request: FastifyRequest): boolean {
  const path = request.url.split('?')[0]!;
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if (/^\/(api|docs|assets|socket\.io|asterisk)(\/|$)/.test(path)) return false;
  return request.headers.accept?.includes('text/html') ?? false;
}
