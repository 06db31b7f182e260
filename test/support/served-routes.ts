import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { createHttpServer, type HttpServerOptions } from '../../src/adapters/http/server.ts';
import { createMetrics } from '../../src/adapters/metrics/metrics.ts';
import type { Log } from '../../src/ports/log.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** Some routes behind the real HTTP server, with nobody signed in. */
export async function serveRoutes(
  t: Test,
  routes: HttpServerOptions['routes'],
): Promise<{ address: string }> {
  const app = await createHttpServer({
    config: { publicUrl: null, trustProxy: false },
    version: '1.2.3',
    log: silent,
    sessions: { viewerOfCookie: async () => null },
    routes,
    staticFolder: '/nowhere',
    metrics: createMetrics(),
    readiness: async () => ({ ready: true, checks: {} }),
  });
  t.teardown(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { address: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` };
}
