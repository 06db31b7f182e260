/** A real `vigie serve` before a real PBX: killed and started again as often as a test likes, on the same data. */
import { readFile } from 'node:fs/promises';
import type { Test } from 'tap';
import type { Ear } from '../../scripts/lab/ear.ts';
import { type Lab, startLab } from '../../scripts/lab/index.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { AuditEntry } from '../../src/contract/audit.ts';
import type { Call } from '../../src/contract/calls.ts';
import type { StartSupervision, Supervision } from '../../src/contract/supervisions.ts';
import { ownOnPbx } from './supervision-scene.ts';
import { freshDataDir, runVigie, type Server, type Settings, serveVigie } from './vigie.ts';

export interface Reply<T> {
  status: number;
  body: T & { code?: string };
}

export interface ServedScene {
  lab: Lab;
  ear: Ear;
  settings: Settings;
  /** The agent at 1001. */
  agentId: string;
  server(): Server;
  /** `kill -9`; settles when it is dead. */
  kill(): Promise<void>;
  /** The next start; settles when it has taken up what was left, with how long that took. */
  start(): Promise<number>;
  ask<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply<T>>;
  /** The manager, whose phone is 1901, supervises the agent at 1001. Settles when it is live. */
  supervise(wish: Pick<StartSupervision, 'mode' | 'scope'>): Promise<{ id: string; phone: PhoneCall }>;
  reach(id: string, state: Supervision['state']): Promise<Supervision>;
  /** A customer talks with the agent at 1001, and the server knows. */
  talk(to?: string): Promise<{ customer: PhoneCall; agent: PhoneCall; callId: string }>;
  audit(supervisionId: string): Promise<AuditEntry[]>;
  /** The phones of those of the others whom this one hears for most of the next moment. */
  hears(call: PhoneCall, of: readonly PhoneCall[]): Promise<string[]>;
  /** As it is kept when it has ended. */
  record(callId: string): Promise<Call>;
  nothingOfOurs(): Promise<void>;
}

const password = 'correct horse battery';
const heardMin = 0.15;
const listenedMs = 400;

/**
 * @param prepare is called with DATA_DIR before the first start; `withJournal` reads Asterisk's own (CEL_FILE); `more`
 *   settings; `portBlocks` for many calls at once; `moreDialplan` of the PBX, beside the bundled one
 */
export async function openServedScene(
  t: Test,
  name: string,
  {
    prepare = () => {},
    withJournal = false,
    more = {},
    portBlocks = 1,
    moreDialplan = '',
  }: {
    prepare?: (dataDir: string) => void;
    withJournal?: boolean;
    more?: Settings;
    portBlocks?: number;
    moreDialplan?: string;
  } = {},
): Promise<ServedScene> {
  const dialplan = await readFile(new URL('../../dialplan/extensions_vigie.conf', import.meta.url), 'utf8');
  const lab = await startLab({ name, portBlocks, pbx: { dialplan: dialplan + moreDialplan } });
  t.teardown(() => lab.stop());
  const ear = await lab.listen();
  const settings = {
    DATA_DIR: await freshDataDir(t),
    ARI_URL: lab.pbx.ariUrl,
    ARI_USERNAME: lab.pbx.ariUsername,
    ARI_PASSWORD: lab.pbx.ariPassword,
    AMI_HOST: '127.0.0.1',
    AMI_PORT: String(lab.pbx.amiPort),
    AMI_USERNAME: lab.pbx.amiUsername,
    AMI_PASSWORD: lab.pbx.amiPassword,
    ...(withJournal ? { CEL_FILE: lab.pbx.celFile } : {}),
    ...more,
  };
  prepare(settings.DATA_DIR);
  let server = await serveVigie(t, settings);
  await addPerson(settings, ['manager', '--login', 'sophie', '--name', 'Sophie', '--endpoint', 'PJSIP/1901']);
  await addPerson(settings, ['agent', '--login', 'alice', '--name', 'Alice', '--endpoint', 'PJSIP/1001']);
  const cookie = await signIn(server.address);

  async function ask<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply<T>> {
    const reply = await fetch(`${server.address}/api${path}`, {
      method,
      headers: { cookie, ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await reply.text();
    return { status: reply.status, body: (text === '' ? {} : JSON.parse(text)) as Reply<T>['body'] };
  }
  const { body: agents } = await ask<{ items: { id: string; name: string }[] }>('GET', '/agents');
  const agentId = agents.items.find((agent) => agent.name === 'Alice')!.id;

  async function reach(id: string, state: Supervision['state']): Promise<Supervision> {
    let last: Supervision | undefined;
    const isThere = async () => {
      last = (await ask<Supervision>('GET', `/supervisions/${id}`)).body;
      return last.state === state && last;
    };
    return waitFor(`the supervision to be ${state}`, isThere, 15_000).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(last)}`);
    });
  }

  return {
    lab,
    ear,
    settings,
    agentId,
    server: () => server,
    ask,
    reach,
    async kill() {
      await server.end('SIGKILL');
    },
    async start() {
      const startedAtMs = Date.now();
      server = await serveVigie(t, settings);
      return Date.now() - startedAtMs;
    },
    async supervise(wish) {
      const ringing = lab.phones.nextCall('1901');
      const { status, body } = await ask<Supervision>('POST', '/supervisions', {
        agentId,
        reason: 'Quality',
        device: 'phone',
        ...wish,
      });
      if (status !== 201) throw new Error(JSON.stringify(body));
      const phone = await ringing;
      await reach(body.id, 'live');
      return { id: body.id, phone };
    },
    async talk(to = '1001') {
      const arrival = lab.phones.nextCall('1001');
      const customer = await lab.phones.call({ from: 'customer', to });
      const agent = await arrival;
      await Promise.all([customer.waitAnswered(), agent.waitAnswered()]);
      const known = async () => {
        const { body } = await ask<{ items: Call[] }>('GET', '/calls?state=in-progress');
        return body.items.find(({ segments }) => segments.some(({ to: end }) => end === null))?.id;
      };
      return { customer, agent, callId: await waitFor('the server to know the call', known) };
    },
    async audit(supervisionId) {
      const { body } = await ask<{ items: AuditEntry[] }>('GET', '/audit?limit=200');
      return body.items.filter(({ details }) => details['supervisionId'] === supervisionId).toReversed();
    },
    async hears(call, of) {
      const fromMs = Date.now() + 100;
      const span = { fromMs, toMs: fromMs + listenedMs, tonesHz: of.map(({ toneHz }) => toneHz) };
      const { levels } = await ear.heardBy(call, span);
      return of.filter(({ toneHz }) => levels[toneHz]!.mean > heardMin).map(({ phone }) => phone);
    },
    async record(callId) {
      let last: unknown;
      const hasEnded = async () => {
        const { body } = await ask<Call>('GET', `/calls/${callId}`);
        last = body;
        return typeof body.endedAt === 'string' && body;
      };
      return waitFor('the record', hasEnded, 15_000).catch((error: Error) => {
        throw new Error(`${error.message}: ${JSON.stringify(last)}`);
      });
    },
    async nothingOfOurs() {
      await waitFor('nothing of ours on the PBX', async () => (await ownOnPbx(lab)).length === 0).catch(
        async (error: Error) => {
          throw new Error(`${error.message}: ${(await ownOnPbx(lab)).join(' ')}`);
        },
      );
    },
  };
}

async function addPerson(settings: Settings, [role, ...more]: [string, ...string[]]): Promise<void> {
  const ran = await runVigie(['user', 'add', '--role', role, ...more], settings, `${password}\n`);
  if (ran.code !== 0) throw new Error(ran.err);
}

async function signIn(address: string): Promise<string> {
  const reply = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login: 'sophie', password }),
  });
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
}
