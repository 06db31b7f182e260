/** Servers of Vigie that share a real PBX through a Redis, one agent, a supervisor, and what a test asks of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Ear, startLab } from '../../scripts/lab/index.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { toneLevel } from '../../scripts/lab/tone.ts';
import type { Supervision } from '../../src/contract/supervisions.ts';
import { projectFolder } from '../../src/paths.ts';
import { testDatabase } from './database.ts';
import { type LivePanel, openLivePanel } from './live-panel.ts';
import { freshDataDir, runVigie, type Server, serveVigie } from './vigie.ts';
import { waitFor } from './wait-for.ts';

export const password = 'correct horse battery';
/** With which the PBX's host sends its journal. */
export const collectToken = 'correct-horse-battery-staple';

export interface SharedCall {
  id: string;
  reason: string;
  state: string;
}

/** The lab's name keeps apart scenes that run at the same time. */
export async function openServersScene(t: Test, name: string, redisUrl: string) {
  const dialplan = readFileSync(join(projectFolder(), 'dialplan', 'extensions_vigie.conf'), 'utf8');
  const lab = await startLab({
    name,
    pbx: { dialplan, channelVars: 'CHANNEL(linkedid),CHANNEL(hangupsource),QUEUESTATUS' },
  });
  t.teardown(() => lab.stop());
  const database = await testDatabase(t);
  const settings = {
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    ARI_URL: lab.pbx.ariUrl,
    ARI_USERNAME: lab.pbx.ariUsername,
    ARI_PASSWORD: lab.pbx.ariPassword,
    COLLECT_TOKEN: collectToken,
  };
  let cookie = '';
  let agentId = '';

  const serve = async (): Promise<Server> => serveVigie(t, { ...settings, DATA_DIR: await freshDataDir(t) });

  async function ask(server: Server, method: string, path: string, body?: unknown) {
    const reply = await fetch(server.address + path, {
      method,
      headers: { cookie, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await reply.text();
    return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
  }

  const owns = async ({ address }: Server): Promise<boolean> => {
    const reply = await fetch(`${address}/readyz`);
    const { checks } = (await reply.json()) as { checks: { pbxsHere?: string } };
    return checks.pbxsHere === 'main';
  };

  const first = await serve();
  const who = ['--login', 'sophie', '--name', 'Sophie', '--role', 'manager', '--endpoint', 'PJSIP/1901'];
  const ran = await runVigie(
    ['user', 'add', ...who],
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
  agentId = (await ask(first, 'POST', '/api/agents', { name: 'Ana', endpoint: 'PJSIP/1001' })).body.id;
  const second = await serve();

  /** The phone's latest call, once answered. */
  async function answeredAt(phone: string): Promise<PhoneCall> {
    const calls = await waitFor(
      () => lab.phones.callsOf(phone),
      (all) => all.at(-1)?.answeredAt !== undefined,
    );
    return calls.at(-1)!;
  }

  return {
    lab,
    cookie,
    first,
    second,
    serve,
    ask,
    owns,
    /** The one that has the PBX first. */
    async inOrder(servers: readonly Server[]): Promise<[owner: Server, other: Server]> {
      const owner = await waitFor(async () => {
        for (const server of servers) if (await owns(server)) return server;
        return null;
      });
      return [owner!, servers.find((server) => server !== owner)!];
    },
    /** A panel open at that server, closed after the test. */
    async panelAt(test: Pick<Test, 'teardown'>, server: Server): Promise<LivePanel> {
      const panel = await openLivePanel(server.address, cookie);
      test.teardown(() => panel.close());
      return panel;
    },
    /** A customer and the agent talk. */
    async talk(): Promise<{ customer: PhoneCall; agent: PhoneCall }> {
      const customer = await lab.phones.call({ from: 'customer', to: '1001', codec: 'slin16' });
      await customer.waitAnswered();
      return { customer, agent: await answeredAt('1001') };
    },
    stateOf: (panel: LivePanel) => panel.now().agents.find(({ id }) => id === agentId)?.state,
    supervisionOf: (panel: LivePanel, id: string) => panel.now().supervisions.find((one) => one.id === id),
    records: async (server: Server) =>
      (await ask(server, 'GET', '/api/calls?limit=100')).body.items as SharedCall[],
    async listen(at: Server): Promise<Supervision> {
      const wish = { agentId, mode: 'listen', scope: 'call', reason: 'training', device: 'phone' };
      const begun = await ask(at, 'POST', '/api/supervisions', wish);
      if (begun.status !== 201) throw new Error(JSON.stringify(begun));
      return begun.body;
    },
    supervisorsPhone: () => answeredAt('1901'),
    /** Whom a phone hears over half a second from now on, by tone. */
    async heardBy(ear: Ear, call: PhoneCall, others: Record<string, PhoneCall>): Promise<string[]> {
      const fromMs = Date.now() + 200;
      const tonesHz = Object.values(others).map(({ toneHz }) => toneHz);
      const { levels } = await ear.heardBy(call, { fromMs, toMs: fromMs + 500, tonesHz });
      return Object.keys(others).filter((one) => levels[others[one]!.toneHz]!.mean > toneLevel / 4);
    },
  };
}

/** Settles when the PBX was connected anew since, as the panel shows it. */
export const connectedSince = (panel: LivePanel, before: string) =>
  waitFor(
    () => panel.now().pbxs[0]!,
    ({ state, since }) => state === 'connected' && since !== before,
  );
