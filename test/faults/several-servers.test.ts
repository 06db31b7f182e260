/** Two real servers that share a real PBX through a real Redis: what each shows, and what happens when one is killed. */
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { journalCall } from '../support/journal-lines.ts';
import { startRedis } from '../support/redis.ts';
import { collectToken, connectedSince, openServersScene } from '../support/servers-scene.ts';
import type { Server } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

t.setTimeout(400_000);
const redis = await startRedis(t);
const scene = await openServersScene(t, 'servers', redis.url);
const { lab, serve, ask, owns, inOrder, panelAt, talk, stateOf, supervisionOf } = scene;
const { records, listen, supervisorsPhone, heardBy } = scene;
let servers: Server[] = [scene.first, scene.second];

t.test('Every server shows the same, and each call is recorded once', async (t) => {
  const [owner, other] = await inOrder(servers);
  t.equal(await owns(other), false, 'one server has the PBX');
  const panels = await Promise.all([panelAt(t, owner), panelAt(t, other)]);
  const { customer } = await talk();
  for (const panel of panels)
    await waitFor(
      () => stateOf(panel),
      (state) => state === 'on-call',
    );
  t.same(
    panels[1]!.now().calls.map(({ id }) => id),
    panels[0]!.now().calls.map(({ id }) => id),
  );
  await customer.hangup();
  for (const panel of panels)
    await waitFor(
      () => stateOf(panel),
      (state) => state !== 'on-call',
    );
  const found = await waitFor(
    () => records(other),
    (items) => items[0]?.state === 'answered',
  );
  t.same(
    found.map(({ reason }) => reason),
    ['customer-hung-up'],
  );
});

t.test(
  'A server killed in a listened call is replaced: the supervisor hears on, and nothing is lost',
  async (t) => {
    const [owner, other] = await inOrder(servers);
    const panel = await panelAt(t, other);
    const { customer, agent } = await talk();
    await waitFor(
      () => stateOf(panel),
      (state) => state === 'on-call',
    );
    const { id } = await listen(other);
    await waitFor(
      () => supervisionOf(panel, id)?.state,
      (state) => state === 'live',
    );
    const phone = await supervisorsPhone();
    const ear = await lab.listen();
    const people = { customer, agent, supervisor: phone };
    t.same(await heardBy(ear, phone, people), ['customer', 'agent']);
    const atMs = performance.now();
    const before = panel.now().pbxs[0]!.since;
    await owner.end('SIGKILL');
    t.same(await heardBy(ear, phone, people), ['customer', 'agent'], 'he hears on, with no server there');
    servers = [other];
    await waitFor(() => owns(other));
    const takenMs = Math.round(performance.now() - atMs);
    await waitFor(
      () => panel.now().pbxs[0]!,
      ({ state, since }) => state === 'connected' && since !== before,
    );
    const readMs = Math.round(performance.now() - atMs);
    const shown = await waitFor(
      () => supervisionOf(panel, id)?.state,
      (state) => state === 'live',
    );
    const backMs = Math.round(performance.now() - atMs);
    t.comment(
      `taken over after ${takenMs} ms, read after ${readMs} ms, its supervision shown live after ${backMs} ms`,
    );
    t.equal(shown, 'live', 'the session goes on');
    t.ok(takenMs <= 9_000, `${takenMs} ms, aim 3 s`);
    t.ok(backMs <= 15_000, `${backMs} ms, aim 5 s`);
    t.equal(lab.phones.callsOf('1901').length, 1, 'the supervisor was not cut');
    const changed = await ask(other, 'PATCH', `/api/supervisions/${id}`, { mode: 'whisper' });
    t.match(changed, { status: 200, body: { mode: 'whisper' } });
    t.same(await heardBy(ear, agent, people), ['customer', 'supervisor'], 'the new server switches');
    t.same(await heardBy(ear, customer, people), ['agent']);
    await customer.hangup();
    await waitFor(async () => (await ask(other, 'GET', `/api/supervisions/${id}`)).body.state === 'ended');
    const found = await waitFor(
      () => records(other),
      (items) => items.length === 2 && items.every(({ state }) => state === 'answered'),
    );
    t.same(
      found.map(({ reason }) => reason),
      ['customer-hung-up', 'customer-hung-up'],
    );
  },
);

/** Sends requests as a proxy does, to servers whose /readyz says so, until it is stopped; what failed. */
function askAllTheTime(all: () => Server[]) {
  const failed: string[] = [];
  let ready: Server[] = all();
  let isOver = false;
  let sent = 0;
  const watching = (async () => {
    while (!isOver) {
      const checked = await Promise.all(all().map(async (server) => ({ server, ok: await isReady(server) })));
      ready = checked.filter(({ ok }) => ok).map(({ server }) => server);
      await delay(500);
    }
  })();
  const asking = (async () => {
    for (; !isOver; sent += 1) {
      const server = ready[sent % ready.length];
      if (!server) failed.push('no server is ready');
      else
        await ask(server, 'GET', '/api/agents').then(
          ({ status }) => status === 200 || failed.push(`${status}`),
          (error: Error) => failed.push(String(error.cause ?? error)),
        );
      await delay(20);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await Promise.all([watching, asking]);
      return { sent, failed };
    },
  };
}
const isReady = (server: Server): Promise<boolean> =>
  fetch(`${server.address}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
t.test(
  'A server that is stopped leaves everything to the others: no request fails, no supervision ends',
  async (t) => {
    servers.push(await serve());
    const [owner, other] = await inOrder(servers);
    const panel = await panelAt(t, other);
    const { customer, agent } = await talk();
    await waitFor(
      () => stateOf(panel),
      (state) => state === 'on-call',
    );
    const { id } = await listen(owner);
    await waitFor(
      () => supervisionOf(panel, id)?.state,
      (state) => state === 'live',
    );
    const phone = await supervisorsPhone();
    const asking = askAllTheTime(() => servers);
    const { since } = panel.now().pbxs[0]!;
    const code = owner.end('SIGTERM');
    await connectedSince(panel, since);
    await waitFor(() => owns(other));
    const ear = await lab.listen();
    t.same(await heardBy(ear, phone, { customer, agent }), ['customer', 'agent']);
    t.equal(await code, 0);
    servers = [other];
    const { sent, failed } = await asking.stop();
    t.ok(sent > 50, `${sent} requests`);
    t.same(failed, []);
    t.match((await ask(other, 'GET', `/api/supervisions/${id}`)).body, { state: 'live' });
    t.match(await ask(other, 'DELETE', `/api/supervisions/${id}`), { status: 200, body: { state: 'ended' } });
    await customer.hangup();
    await waitFor(
      () => records(other),
      (items) => items.length === 3 && items.every(({ state }) => state === 'answered'),
    );
  },
);

t.test(
  'While Redis is away the owner goes on as if alone, and the others say that they are not told',
  async (t) => {
    servers.push(await serve());
    const [owner, other] = await inOrder(servers);
    const [own, far] = await Promise.all([panelAt(t, owner), panelAt(t, other)]);
    await waitFor(
      () => far.now().pbxs[0]?.state,
      (state) => state === 'connected',
    );
    await redis.kill();
    await waitFor(
      () => far.now().pbxs[0]?.state,
      (state) => state !== 'connected',
    );
    const { customer } = await talk();
    await waitFor(
      () => stateOf(own),
      (state) => state === 'on-call',
    );
    t.equal(own.now().pbxs[0]?.state, 'connected');
    await delay(5_000);
    t.same([await owns(owner), await owns(other)], [true, false], 'the PBX says that the owner has it');
    await redis.start();
    await waitFor(
      () => stateOf(far),
      (state) => state === 'on-call',
    );
    await waitFor(
      () => far.now().pbxs[0]?.state,
      (state) => state === 'connected',
    );
    t.same([await owns(owner), await owns(other)], [true, false], 'who had it has it still');
    await customer.hangup();
    const found = await waitFor(
      () => records(other),
      (items) => items.length === 4 && items.every(({ state }) => state === 'answered'),
    );
    t.equal(found[0]?.reason, 'customer-hung-up');
  },
);

t.test('The journal that a PBX host sends is taken by the server that has the PBX', async (t) => {
  const [owner, other] = await inOrder(servers);
  const body = `${journalCall(7_000_001, Math.floor(Date.now() / 1_000)).join('\n')}\n`;
  const send = ({ address }: Server) =>
    fetch(`${address}/api/pbxs/main/journal`, {
      method: 'POST',
      headers: { authorization: `Bearer ${collectToken}`, 'content-type': 'text/csv' },
      body,
    });
  const refused = await send(other);
  t.equal(refused.status, 503);
  t.match(await refused.json(), { code: 'overloaded' });
  t.equal((await send(owner)).status, 204);
});

t.test('A Redis that forgets everything changes nothing', async (t) => {
  const [owner, other] = await inOrder(servers);
  const panel = await panelAt(t, other);
  const { customer } = await talk();
  await waitFor(
    () => stateOf(panel),
    (state) => state === 'on-call',
  );
  await redis.client.flushall();
  await delay(3_000);
  t.same([await owns(owner), await owns(other)], [true, false]);
  await customer.hangup();
  await waitFor(
    () => stateOf(panel),
    (state) => state !== 'on-call',
  );
  await waitFor(
    () => records(other),
    (items) => items.length === 5 && items.every(({ reason }) => reason !== null),
  );
});

t.test('With Redis away and the owner killed, the PBX goes to who finds it free', async (t) => {
  const [owner, other] = await inOrder(servers);
  const panel = await panelAt(t, other);
  await redis.kill();
  await owner.end('SIGKILL');
  servers = [other];
  const { since } = panel.now().pbxs[0]!;
  await connectedSince(panel, since);
  t.ok(await owns(other));
  await redis.start();
  servers.push(await serve());
  await delay(4_000);
  t.ok(await owns(other), 'and stays there');
  const [second] = servers.slice(1);
  await waitFor(async () => (await records(second!)).length === 5);
  t.notOk(await owns(second!));
});

t.test('A frozen owner is replaced', async (t) => {
  const [owner, other] = await inOrder(servers);
  const panel = await panelAt(t, other);
  await waitFor(
    () => panel.now().pbxs[0]?.state,
    (state) => state === 'connected',
  );
  const { since } = panel.now().pbxs[0]!;
  const atMs = performance.now();
  owner.child.kill('SIGSTOP');
  await connectedSince(panel, since);
  t.comment(`replaced after ${Math.round(performance.now() - atMs)} ms`);
  t.ok(await owns(other));
});
