import type { FastifyInstance } from 'fastify';

/** `ready` false makes /readyz answer 503. `checks` says what each part is doing, in a word. */
export interface Readiness {
  ready: boolean;
  checks: Record<string, string>;
}
export interface MetricsText {
  contentType: string;
  text(): Promise<string>;
}

const readinessDeadlineMs = 2_000;

/** /healthz: the process answers. /readyz: it can do its work. /metrics: Prometheus. */
export function serveHealth(
  app: FastifyInstance,
  readiness: () => Promise<Readiness>,
  metrics: MetricsText,
): void {
  const options = {
    schema: { hide: true },
    config: { access: 'public' as const },
    logLevel: 'warn' as const,
  };
  app.get('/healthz', options, () => ({ status: 'ok' }));
  app.get('/readyz', options, async (_request, reply) => {
    const state = await Promise.race([readiness(), tooLate()]);
    return reply.code(state.ready ? 200 : 503).send(state);
  });
  app.get('/metrics', options, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}

function tooLate(): Promise<Readiness> {
  return new Promise((resolve) => {
    setTimeout(() => resolve({ ready: false, checks: { server: 'slow' } }), readinessDeadlineMs).unref();
  });
}
