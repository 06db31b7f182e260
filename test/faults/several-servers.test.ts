/** Two real servers that share a real PBX through a real Redis: what each shows, and what happens when one is killed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Ear, startLab } from '../../scripts/lab/index.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { toneLevel } from '../../scripts/lab/tone.ts';
import type { Supervision } from '../../src/contract/supervisions.ts';
import { projectFolder } from '../../src/paths.ts';
import { testDatabase } from '../support/database.ts';
import { type LivePanel, openLivePanel } from '../support/live-panel.ts';
import { startRedis } from '../support/redis.ts';
import { freshDataDir, runVigie, type Server, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';

t.setTimeout(400_000);
const password = 'correct horse battery';
const dialplan = readFileSync(join(projectFolder(), 'dialplan', 'extensions_vigie.conf'), 'utf8');
const lab = await startLab({
  name: 'servers',
  pbx: { dialplan, channelVars: 'CHANNEL(linkedid),CHANNEL(hangupsource),QUEUESTATUS' },
});
t.teardown(() => lab.stop());
const redis = await startRedis(t);
const database = await testDatabase(t);
const settings = {
  DATABASE_URL: database.url,
  REDIS_URL: redis.url,
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
};
const serve = async (): Promise<Server> => serveVigie(t, { LOG_LEVEL: 'info', ...settings, DATA_DIR: await freshDataDir(t) });

const owns = async ({ address }: Server): Promise<boolean> => {
  const reply = await fetch(`${address}/readyz`);
  const { checks } = (await reply.json()) as { checks: { pbxsHere?: string } };
  return checks.pbxsHere === 'main';
};
/** The one that has the PBX first. */
async function inOrder(servers: Server[]): Promise<[owner: Server, ...others: Server[]]> {
  const owner = await waitFor(async () => {
    for (const server of servers) if (await owns(server)) return server;
    return null;
  });
  return [owner!, ...servers.filter((server) => server !== owner)];
}

async function ask(server: Server, method: string, path: string, body?: unknown, headers = {}) {
  const reply = await fetch(server.address + path, {
    method,
    headers: { cookie, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
}

const first = await serve();
let cookie = '';
const ran = await runVigie(
  ['user', 'add', '--login', 'sophie', '--name', 'Sophie', '--role', 'manager', '--endpoint', 'PJSIP/1901'],
  { ...settings, DATA_DIR: await freshDataDir(t) },
  `${password}\n`,
);
if (ran.code !== 0) throw new Error(ran.err);
const signedIn = await fetch(`${first.address}/api/session`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ login: 'sophie', password }),
});
cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!;
const ana: string = (await ask(first, 'POST', '/api/agents', { name: 'Ana', endpoint: 'PJSIP/1001' })).body
  .id;
const second = await serve();
let servers: Server[] = [first, second];

async function talk(): Promise<{ customer: PhoneCall; agent: PhoneCall }> {
  const customer = await lab.phones.call({ from: 'customer', to: '1001', codec: 'slin16' });
  await customer.waitAnswered();
  const [agent] = await waitFor(
    () => lab.phones.callsOf('1001'),
    (calls) => calls.at(-1)?.answeredAt !== undefined,
  );
  return { customer, agent: agent! };
}
const stateOf = (panel: LivePanel) => panel.now().agents.find(({ id }) => id === ana)?.state;
const supervisionOf = (panel: LivePanel, id: string) => panel.now().supervisions.find((one) => one.id === id);
const records = async (server: Server) =>
  (await ask(server, 'GET', '/api/calls?limit=100')).body.items as {
    id: string;
    reason: string;
    state: string;
  }[];

async function listen(at: Server): Promise<Supervision> {
  const wish = { agentId: ana, mode: 'listen', scope: 'call', reason: 'training', device: 'phone' };
  const begun = await ask(at, 'POST', '/api/supervisions', wish);
  if (begun.status !== 201) throw new Error(JSON.stringify(begun));
  return begun.body;
}
async function supervisorsPhone(): Promise<PhoneCall> {
  const [phone] = await waitFor(
    () => lab.phones.callsOf('1901'),
    (calls) => calls.at(-1)?.answeredAt !== undefined,
  );
  return phone!;
}
/** Whom a phone hears over half a second from now on, by tone. */
async function heardBy(ear: Ear, call: PhoneCall, others: Record<string, PhoneCall>): Promise<string[]> {
  const fromMs = Date.now() + 200;
  const tonesHz = Object.values(others).map(({ toneHz }) => toneHz);
  const { levels } = await ear.heardBy(call, { fromMs, toMs: fromMs + 500, tonesHz });
  return Object.keys(others).filter((name) => levels[others[name]!.toneHz]!.mean > toneLevel / 4);
}

t.test('Every server shows the same, and each call is recorded once', async (t) => {
  const [owner, other] = (await inOrder(servers)) as [Server, Server];
  t.equal(await owns(other), false, 'one server has the PBX');
  const panels = await Promise.all([
    openLivePanel(owner.address, cookie),
    openLivePanel(other.address, cookie),
  ]);
  t.teardown(() => panels.map((panel) => panel.close()));
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
    const [owner, other] = (await inOrder(servers)) as [Server, Server];
    const panel = await openLivePanel(other.address, cookie);
    t.teardown(() => panel.close());
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
    t.comment(`taken over after ${takenMs} ms, read after ${readMs} ms, its supervision shown live after ${backMs} ms`);
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
