import t from 'tap';
import { createMetrics } from '../../../src/adapters/metrics/metrics.ts';

t.test('gauges are read at each scrape, counters grow, requests are timed by route', async (t) => {
  const metrics = createMetrics();
  let agents = 3;
  metrics.gauge('agents_connected', 'Agents connected', () => agents);
  const count = metrics.counter('calls_ended_total', 'Calls that ended', ['state']);
  count(1, { state: 'answered' });
  count(2, { state: 'answered' });
  metrics.counter('resyncs_total', 'Resyncs')();
  metrics.observeRequest({ method: 'GET', route: '/api/calls/:id', status: 200, seconds: 0.2 });
  metrics.observeRequest({ method: 'X-STRANGE', route: 'unknown', status: 404, seconds: 0 });
  agents = 5;
  const text = await metrics.text();
  t.match(text, /^vigie_agents_connected 5$/m);
  t.match(text, /^vigie_calls_ended_total\{state="answered"\} 3$/m);
  t.match(text, /^vigie_resyncs_total 1$/m);
  t.match(
    text,
    /vigie_http_request_seconds_bucket\{le="0.1",method="GET",route="\/api\/calls\/:id",status="200"\} 0/,
  );
  t.match(
    text,
    /vigie_http_request_seconds_bucket\{le="0.25",method="GET",route="\/api\/calls\/:id",status="200"\} 1/,
  );
  t.match(text, /method="other"/, 'a client cannot make labels of its own');
  t.notMatch(
    await createMetrics().text(),
    /vigie_agents_connected/,
    'two servers in one process do not meet',
  );
});
