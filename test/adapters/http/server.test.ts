import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import t, { type Test } from 'tap';
import Type from 'typebox';
import type { Readiness } from '../../../src/adapters/http/health.ts';
import { createHttpServer, type HttpServerOptions } from '../../../src/adapters/http/server.ts';
import { createMetrics } from '../../../src/adapters/metrics/metrics.ts';
import { Id } from '../../../src/contract/common.ts';
import { AppError } from '../../../src/contract/errors.ts';
import { requireViewer } from '../../../src/ports/http-viewer.ts';
import type { Log } from '../../../src/ports/log.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';

const Thing = Type.Object({ name: Type.String(), size: Type.Integer() }, { additionalProperties: false });
const Query = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    from: Type.Optional(Type.String({ format: 'date-time' })),
    id: Type.Optional(Id),
  },
  { additionalProperties: false },
);

const things: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/api/who', { config: { access: 'signed-in' } }, (request) => ({
    name: requireViewer(request).name,
  }));
  app.get(
    '/api/calls',
    { config: { access: 'calls.view' }, schema: { querystring: Query } },
    ({ query }) => query,
  );
  app.post(
    '/api/things',
    { config: { access: 'public' }, schema: { body: Thing } },
    (request) => request.body,
  );
  app.get('/api/ended', { config: { access: 'public' } }, () => {
    throw new AppError('call-already-ended', 'It ended', { callId: 'c1' });
  });
  app.get('/api/bug', { config: { access: 'public' } }, () => {
    throw new Error('password=hunter2 in /etc/secret');
  });
  app.get('/api/address', { config: { access: 'public' } }, (request) => ({ ip: request.ip }));
};

const viewers = {
  sup: makeViewer({ id: '1', name: 'Sophie', roles: ['supervisor'], teamIds: [] }),
  agent: makeViewer({ id: '2', name: 'Amine', roles: ['agent'], teamIds: [] }),
};

interface Started {
  address: string;
  lines: { fields: object; message: string }[];
}

async function start(t: Test, overrides: Partial<HttpServerOptions> = {}): Promise<Started> {
  const lines: Started['lines'] = [];
  const note = (fields: object, message: string) => lines.push({ fields, message });
  const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
  const app = await createHttpServer({
    config: { publicUrl: null, trustProxy: false },
    version: '1.2.3',
    log,
    sessions: {
      viewerOfCookie: async (header) => viewers[/^who=(sup|agent)$/.exec(header ?? '')?.[1] as 'sup'] ?? null,
    },
    routes: [things],
    staticFolder: '/nowhere',
    metrics: createMetrics(),
    readiness: async () => ({ ready: true, checks: {} }),
    ...overrides,
  });
  t.teardown(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { address: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`, lines };
}

interface Problem {
  code: string;
  status: number;
  detail: string;
  field?: string;
}
async function ask(url: string, init: RequestInit = {}): Promise<{ reply: Response; body: Problem }> {
  const reply = await fetch(url, init);
  return { reply, body: (await reply.json()) as Problem };
}
const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

t.test('a route that does not say who may call it stops the start', async (t) => {
  const silent: FastifyPluginAsyncTypebox = async (app) => {
    app.get('/api/open-door', () => 'oops');
  };
  await t.rejects(start(t, { routes: [silent] }), { message: /config\.access.*GET \/api\/open-door/ });
});

t.test('a route is open to those its rule names', async (t) => {
  const { address } = await start(t);
  t.match(await ask(`${address}/api/who`), { reply: { status: 401 }, body: { code: 'not-signed-in' } });
  t.match(await ask(`${address}/api/who`, { headers: { cookie: 'who=agent' } }), { body: { name: 'Amine' } });
  t.match(await ask(`${address}/api/calls`, { headers: { cookie: 'who=agent' } }), {
    reply: { status: 403 },
    body: { code: 'not-allowed', permission: 'calls.view' },
  });
  t.match(await ask(`${address}/api/calls`, { headers: { cookie: 'who=sup' } }), { reply: { status: 200 } });
});

t.test('every error is a problem with its code and nothing of ours in it', async (t) => {
  const { address, lines } = await start(t);
  const ended = await ask(`${address}/api/ended`);
  t.match(ended.reply.headers.get('content-type'), /^application\/problem\+json/);
  t.match(ended.body, { code: 'call-already-ended', status: 409, detail: 'It ended', callId: 'c1' });

  const bug = await ask(`${address}/api/bug`, { headers: { 'x-request-id': 'from-the-client-1' } });
  t.match(bug, { reply: { status: 500 }, body: { code: 'internal', requestId: 'from-the-client-1' } });
  t.notMatch(JSON.stringify(bug.body), /hunter2|secret|stack|\.ts/);
  t.equal(bug.reply.headers.get('x-request-id'), 'from-the-client-1');
  t.match(
    lines.find((line) => line.message === 'a request failed'),
    { fields: { requestId: 'from-the-client-1', route: '/api/bug', code: 'internal' } },
    'the log has the same number',
  );

  t.match(await ask(`${address}/api/nothing`), { reply: { status: 404 }, body: { code: 'not-found' } });
  t.match(await ask(`${address}/api/things`, { method: 'PUT' }), { body: { code: 'not-found' } });
  t.match(await ask(`${address}/api/%E0%A4%A`), { reply: { status: 400 }, body: { code: 'bad-request' } });
  t.match(
    (await ask(`${address}/api/who`, { headers: { 'x-request-id': 'a b\tc' } })).reply.headers.get(
      'x-request-id',
    ),
    /^[0-9a-f-]{36}$/,
  );
});

t.test('malformed bodies and fields out of their limits are refused by name', async (t) => {
  const { address } = await start(t);
  const post = async (body: unknown, headers = {}) =>
    (await ask(`${address}/api/things`, json(body, headers))).body;
  t.match(await post({ name: 'x', size: 1 }), { name: 'x', size: 1 });
  t.match(await post('{"name": '), { code: 'bad-request' });
  t.match(await post(''), { code: 'bad-request' });
  t.match(await post('<x/>', { 'content-type': 'application/xml' }), { code: 'bad-request', status: 400 });
  t.match(await post({ name: 'x' }), { code: 'validation-failed', field: 'size', in: 'body' });
  t.match(
    await post({ name: 'x', size: '1' }),
    { code: 'validation-failed', field: 'size' },
    'no conversion',
  );
  t.match(await post({ name: 'x', size: 1, nmae: 'y' }), { code: 'validation-failed', field: 'nmae' });
  t.match(await post('{"name":"x","size":1,"__proto__":{"admin":true}}'), { code: 'bad-request' });
  t.match(await post({ name: 'a\0b', size: 1 }), { code: 'bad-request', detail: /NUL/ });
  t.match(await post({ name: 'x'.repeat(1_100_000), size: 1 }), { code: 'body-too-large', status: 413 });
  t.match(
    await post({ name: '<b>\u202e🙂'.repeat(2_000), size: 1 }),
    { size: 1 },
    'strange text is only text',
  );

  const get = async (query: string) =>
    (await ask(`${address}/api/calls?${query}`, { headers: { cookie: 'who=sup' } })).body;
  t.match(await get('limit=7'), { limit: 7 }, 'a query is text: numbers are read from it');
  for (const limit of ['0', '-1', '501', '1e9', '99999999999999999999', 'ten', '1.5', '']) {
    t.match(
      await get(`limit=${limit}`),
      { code: 'validation-failed', field: 'limit', in: 'query' },
      `limit ${limit}`,
    );
  }
  for (const from of ['yesterday', '2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '0', '2026-01-01']) {
    t.match(await get(`from=${from}`), { code: 'validation-failed', field: 'from' }, `from ${from}`);
  }
  const id = '01a1fd10-dcb8-70e5-b733-707a7e5c2584';
  t.match(await get(`id=${id}`), { id });
  for (const odd of [`urn:uuid:${id}`, id.toUpperCase(), `{${id}}`]) {
    t.match(await get(`id=${odd}`), { code: 'validation-failed', field: 'id' }, `id ${odd}`);
  }
  t.match(await get('form=2026-01-01T00:00:00Z'), { code: 'validation-failed', field: 'form' });
});

t.test('a writing request of a browser must come from our own pages', async (t) => {
  const { address } = await start(t);
  const post = async (headers: Record<string, string>, at = address) =>
    (await ask(`${at}/api/things`, json({ name: 'x', size: 1 }, headers))).reply.status;
  t.equal(await post({}), 200, 'a program says nothing');
  t.equal(await post({ origin: address }), 200);
  t.equal(await post({ 'sec-fetch-site': 'same-origin' }), 200);
  t.equal(await post({ 'sec-fetch-site': 'cross-site' }), 403);
  t.equal(await post({ 'sec-fetch-site': 'same-site' }), 403, 'another host of the same company is not us');
  const elsewhere = [
    'http://evil.example',
    'null',
    'http://127.0.0.1:1',
    `${address}.evil.example`,
    'file://',
  ];
  for (const origin of elsewhere) t.equal(await post({ origin }), 403, origin);
  const { body } = await ask(`${address}/api/things`, json({}, { origin: 'http://evil.example' }));
  t.equal(body.code, 'foreign-origin', 'before anything else is looked at');
  const read = await fetch(`${address}/api/address`, { headers: { origin: 'http://evil.example' } });
  t.equal(read.status, 200, 'reading is left to the browser, which shows foreign pages nothing');
  t.equal(read.headers.get('access-control-allow-origin'), null);

  const proxied = await start(t, { config: { publicUrl: 'https://vigie.example.fr/', trustProxy: false } });
  t.equal(await post({ origin: 'https://vigie.example.fr' }, proxied.address), 200);
  t.equal(
    await post({ origin: 'http://vigie.example.fr' }, proxied.address),
    403,
    'not the same without https',
  );
});

t.test('the headers let nothing in from elsewhere', async (t) => {
  const { address } = await start(t);
  const { reply } = await ask(`${address}/api/address`);
  const policy = reply.headers.get('content-security-policy') ?? '';
  t.match(policy, /default-src 'self'/);
  t.match(policy, /script-src 'self'(;|$)/, 'no inline script');
  t.match(policy, /frame-ancestors 'none'/);
  t.equal(reply.headers.get('x-content-type-options'), 'nosniff');
  t.equal(reply.headers.get('cache-control'), 'no-store');
  t.equal(reply.headers.get('strict-transport-security'), null, 'not on plain http');
  const https = await start(t, { config: { publicUrl: 'https://vigie.example.fr', trustProxy: false } });
  t.match(
    (await fetch(`${https.address}/api/address`)).headers.get('strict-transport-security'),
    /max-age=31536000/,
  );
});

t.test('the client’s address comes from a proxy only when one is trusted', async (t) => {
  const headers = { 'x-forwarded-for': '203.0.113.9' };
  const direct = await start(t);
  t.match(await ask(`${direct.address}/api/address`, { headers }), { body: { ip: '127.0.0.1' } });
  const behind = await start(t, { config: { publicUrl: null, trustProxy: true } });
  t.match(await ask(`${behind.address}/api/address`, { headers }), { body: { ip: '203.0.113.9' } });
  // A proxy adds the address it sees to what the client claims.
  const claimed = { headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' } };
  t.match(await ask(`${behind.address}/api/address`, claimed), { body: { ip: '203.0.113.9' } });
});

t.test('health, readiness and metrics say how it goes', async (t) => {
  let state: Readiness = { ready: true, checks: { database: 'answers' } };
  const { address } = await start(t, { readiness: async () => state });
  t.match(await ask(`${address}/healthz`), { reply: { status: 200 }, body: { status: 'ok' } });
  t.match(await ask(`${address}/readyz`), { reply: { status: 200 }, body: state });
  state = { ready: false, checks: { database: 'does not answer' } };
  t.match(await ask(`${address}/readyz`), { reply: { status: 503 }, body: state });
  const hanging = await start(t, { readiness: () => new Promise(() => {}) });
  t.match(
    await ask(`${hanging.address}/readyz`),
    { reply: { status: 503 } },
    'a check that hangs is not ready',
  );

  await fetch(`${address}/api/address?q=0612345678`);
  const metrics = await (await fetch(`${address}/metrics`)).text();
  t.match(metrics, /vigie_http_request_seconds_count\{method="GET",route="\/api\/address",status="200"\} 1/);
  t.match(metrics, /nodejs_eventloop_lag_p99_seconds/);
  t.notMatch(metrics, /0612345678/);
});

t.test('the API describes itself, and its page needs nothing from outside', async (t) => {
  const { address } = await start(t);
  const api = (await (await fetch(`${address}/openapi.json`)).json()) as {
    info: { version: string };
    paths: Record<string, Record<string, { security: unknown[]; description: string }>>;
  };
  t.equal(api.info.version, '1.2.3');
  t.match(api.paths['/api/calls']!['get'], { security: [{ session: [] }], description: /calls\.view/ });
  t.same(api.paths['/api/things']!['post']!.security, []);
  t.notOk(api.paths['/healthz']);
  const page = await (await fetch(`${address}/docs/`)).text();
  t.notMatch(page, /https?:\/\//);
  for (const [, file = ''] of page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)) {
    t.equal((await fetch(`${address}/docs/${file}`)).status, 200, file);
  }
  t.notMatch(
    await (await fetch(`${address}/docs/static/swagger-initializer.js`)).text(),
    /validator\.swagger\.io/,
  );
});

t.test('the built panel is served, its own addresses too, and nothing above its folder', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vigie-panel-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'web', 'assets'), { recursive: true });
  await writeFile(join(folder, 'web', 'index.html'), '<!doctype html><title>panel</title>');
  await writeFile(join(folder, 'web', 'assets', 'app-1a2b.js'), 'export {};');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  const { address } = await start(t, { staticFolder: join(folder, 'web') });
  const html = { headers: { accept: 'text/html,*/*' } };
  for (const path of ['/', '/calls', '/calls/123?x=1', '/index.html']) {
    const reply = await fetch(address + path, html);
    t.match(await reply.text(), /panel/, path);
    t.match(reply, { status: 200 });
    t.equal(reply.headers.get('cache-control'), 'no-cache', path);
    t.match(reply.headers.get('content-type'), /text\/html/);
  }
  const script = await fetch(`${address}/assets/app-1a2b.js`);
  t.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  for (const path of ['/assets/gone.js', '/api/gone', '/calls']) {
    t.equal((await fetch(address + path)).status, 404, `${path} asked for by a program`);
  }
  t.match(await ask(`${address}/api/gone`, html), { body: { code: 'not-found' } });
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
  ]) {
    t.notMatch(await (await fetch(address + path, html)).text(), /^secret/, path);
  }
  const unbuilt = await start(t);
  t.match(await (await fetch(unbuilt.address, html)).text(), /npm run build/);
});

t.test('one client cannot take the whole server', async (t) => {
  const { address } = await start(t, { requestsPerMinute: 20 });
  const statuses = new Set<number>();
  for (let i = 0; i < 25; i++) statuses.add((await fetch(`${address}/api/address`)).status);
  t.same([...statuses], [200, 429]);
  const { reply, body } = await ask(`${address}/api/address`);
  t.equal(body.code, 'too-many-attempts');
  t.ok(Number(reply.headers.get('retry-after')) >= 1);
  t.equal((await fetch(`${address}/healthz`)).status, 200, 'its health is still seen');
  const stranger = await start(t, { requestsPerMinute: 20 });
  const refused = new Set<number>();
  for (let i = 0; i < 25; i++) refused.add((await fetch(`${stranger.address}/api/who`)).status);
  t.same([...refused], [401, 429], 'nor can one who has not signed in');
});
