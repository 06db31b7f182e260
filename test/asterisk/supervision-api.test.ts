/** /api/supervisions over HTTP, on a real PBX. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import t from 'tap';
import { createHttpServer } from '../../src/adapters/http/server.ts';
import { supervisionRoutes } from '../../src/features/supervision/supervision.routes.ts';
import { inState, openScene } from '../support/supervision-scene.ts';

const scene = await openScene({ name: 'sup-api' });
t.teardown(() => scene.close());
t.setTimeout(240_000);
const run = await scene.start();
const viewer = scene.viewer('1901');

// Who is signed in is another feature's: here the cookie is the number of his phone.
const app = await createHttpServer({
  config: { publicUrl: null, trustProxy: false },
  version: '0',
  log: { debug() {}, info() {}, warn() {}, error: console.error, child: () => ({}) as never },
  sessions: {
    viewerOfCookie: async (cookie) => (cookie ? scene.viewer(cookie.replace('phone=', '')) : null),
  },
  routes: [supervisionRoutes(run.feature)],
  staticFolder: tmpdir(),
  metrics: { observeRequest() {}, text: async () => '', contentType: 'text/plain' } as never,
  readiness: async () => ({ ready: true }) as never,
});
await app.listen({ host: '127.0.0.1', port: 0 });
t.teardown(() => app.close());
const url = `http://127.0.0.1:${((app.server as Server).address() as AddressInfo).port}/api/supervisions`;

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url + path, {
    method,
    headers: { cookie: 'phone=1901', ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

t.test('A supervision is started, changed, seen and stopped over HTTP', async (t) => {
  const { customer } = await scene.talk('1001', '1001');
  const started = await ask('POST', '', scene.wish('1001'));
  t.equal(started.status, 201);
  t.match(started.body, {
    state: 'starting',
    mode: 'listen',
    endedBecause: null,
    by: { name: 'Sophie Bernard' },
  });
  const id = started.body['id'] as string;
  await inState(run, viewer, id, 'live');
  const changed = await ask('PATCH', `/${id}`, { mode: 'barge' });
  t.match(changed, { status: 200, body: { mode: 'barge', state: 'live' } });
  t.match(await ask('PATCH', `/${id}`, { mode: 'intercept' }), {
    status: 409,
    body: { code: 'needs-dialplan' },
  });
  const missingLine = /#include extensions_vigie\.conf/;
  t.match(await ask('POST', '', { ...scene.wish('1001'), mode: 'intercept' }), {
    status: 409,
    body: { code: 'needs-dialplan', title: missingLine },
  });
  t.match(await ask('GET', `/${id}`), { status: 200, body: { id, mode: 'barge' } });
  t.match(await ask('GET', '?open=true&limit=1'), {
    status: 200,
    body: { items: [{ id }], nextCursor: null },
  });
  t.match(await ask('DELETE', `/${id}`), { status: 200, body: { state: 'ended', endedBecause: 'stopped' } });
  t.match(await ask('DELETE', `/${id}`), { status: 200, body: { state: 'ended' } });
  t.match(await ask('PATCH', `/${id}`, { mode: 'listen' }), {
    status: 409,
    body: { code: 'supervision-ended' },
  });
  await customer.hangup();
  await scene.nothingOfOurs();
});

t.test('The same Idempotency-Key never rings twice', async (t) => {
  const { customer } = await scene.talk('1002', '1002');
  const key = { 'idempotency-key': 'click-1' };
  const wish = scene.wish('1002');
  const replies = await Promise.all([1, 2, 3].map(() => ask('POST', '', wish, key)));
  t.strictSame(new Set(replies.map(({ status }) => status)), new Set([201]));
  t.equal(new Set(replies.map(({ body }) => body['id'])).size, 1);
  const id = replies[0]!.body['id'] as string;
  await inState(run, viewer, id, 'live');
  t.equal((await ask('POST', '', wish, key)).body['id'], id);
  const other = await ask('POST', '', { ...wish, mode: 'barge' }, key);
  t.match(other, { status: 422, body: { code: 'idempotency-key-reused' } });
  await ask('DELETE', `/${id}`);
  t.equal((await ask('POST', '', wish, key)).body['id'], id, 'also when it has ended');
  t.equal(
    scene.lab.phones.log.filter(({ phone, autoAnswerAsked }) => phone === '1901' && autoAnswerAsked).length,
    2,
  );
  const aged = new Date(Date.now() - 25 * 3_600_000);
  await scene.db.updateTable('idempotency_keys').set({ created_at: aged }).execute();
  const later = await ask('POST', '', { ...wish, mode: 'whisper' }, key);
  t.equal(later.status, 201, 'a day later the key is free');
  await ask('DELETE', `/${later.body['id']}`);
  await customer.hangup();
  await scene.nothingOfOurs();
});

t.test('Bad input is refused with its code', async (t) => {
  const wish = scene.wish('1001');
  const refused: [change: object, status: number][] = [
    [{ extra: 1 }, 400],
    [{ mode: 'shout' }, 400],
    [{ agentId: 'x' }, 400],
    [{ reason: '' }, 400],
    [{ reason: '   ' }, 400],
    [{ reason: 'x'.repeat(201) }, 400],
    [{ agentId: '01900000-0000-7000-8000-000000000000' }, 404],
    [{}, 409],
  ];
  for (const [change, status] of refused)
    t.equal((await ask('POST', '', { ...wish, ...change })).status, status);
  t.equal((await ask('POST', '', wish, { cookie: '' })).status, 401);
  t.match(await ask('POST', '', wish, { cookie: 'phone=1001' }), {
    status: 403,
    body: { code: 'not-allowed' },
  });
  t.match(await ask('GET', '/01900000-0000-7000-8000-000000000000'), {
    body: { code: 'supervision-not-found' },
  });
  t.equal((await ask('GET', '/x')).status, 400);
  t.equal((await ask('GET', '?limit=100000')).status, 400);
  t.equal((await ask('POST', '', wish, { 'idempotency-key': 'x'.repeat(500) })).status, 400);
  const stranger = scene.person('1902');
  const { items } = await run.feature.list(scene.viewer('1901'), { limit: 1 });
  scene.people.replace({ ...stranger, teams: [] });
  const hidden = await ask('GET', `/${items[0]!.id}`, undefined, { cookie: 'phone=1902' });
  t.match(hidden, { status: 404, body: { code: 'supervision-not-found' } });
  scene.people.replace(stranger);
  await scene.nothingOfOurs();
});
