import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  contentType: string;
  /** Prometheus text. */
  text(): Promise<string>;
  observeRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  /** A value read at each scrape. `name` without the `vigie_` prefix. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** A count that only grows. Returns the way to add to it; labels are closed lists, never names or numbers. */
  counter<L extends string = never>(
    name: string,
    help: string,
    labels?: L[],
  ): (by?: number, of?: Record<L, string>) => void;
}

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** One registry per server, so that two in one process do not meet. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'vigie_http_request_seconds',
    help: 'Time to answer HTTP requests, by route',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: secondsBuckets,
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observeRequest({ method, route, status, seconds }) {
      const labels = { method: knownMethods.has(method) ? method : 'other', route, status: String(status) };
      requests.observe(labels, seconds);
    },
    gauge(name, help, read) {
      new Gauge({
        name: `vigie_${name}`,
        help,
        registers: [registry],
        async collect() {
          this.set(await read());
        },
      });
    },
    counter<L extends string>(name: string, help: string, labels: L[] = []) {
      const counter = new Counter({ name: `vigie_${name}`, help, labelNames: labels, registers: [registry] });
      return (by = 1, of?: Record<L, string>) => (of ? counter.inc(of, by) : counter.inc(by));
    },
  };
}
