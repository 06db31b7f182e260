import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { createPhoneGate } from '../../../src/adapters/phone-gate/phone-gate.ts';
import type { PhoneConnection } from '../../../src/contract/phones.ts';
import { type CreatePhones, createPhones } from '../../../src/features/phones/phones.ts';
import type { Person } from '../../../src/ports/domain.ts';
import type { AccountOutcome, PhoneAccount } from '../../../src/ports/phones.ts';
import { makeViewer, type Viewer } from '../../../src/ports/viewer.ts';
import { quietLog } from '../../support/live.ts';

export const personIds = {
  sophie: '00000000-0000-7000-8000-0000000000a1',
  thomas: '00000000-0000-7000-8000-0000000000b2',
  alice: '00000000-0000-7000-8000-0000000000c3',
  admin: '00000000-0000-7000-8000-0000000000d4',
} as const;
type Who = keyof typeof personIds;

const roleOf = { sophie: 'supervisor', thomas: 'manager', alice: 'agent', admin: 'admin' } as const;

export const pageOf = (n: number): string => String(n).padStart(32, '0');
export const endpointOf = (who: Who): string => `web-${personIds[who].slice(-12)}`;

export interface SceneOptions
  extends Partial<Pick<CreatePhones, 'configured' | 'callContextOf' | 'graceMs'>> {
  connectionsMax?: number;
  iceServers?: CreatePhones['iceServers'];
}

/** The gate and the phones in front of a made-up PBX: what it was asked, and a SIP websocket that keeps what it gets. */
export async function gateScene(t: Test, options: SceneOptions = {}) {
  const clock = { nowMs: 1_800_000_000_000, now: () => clock.nowMs };
  const pbx = await fakePbx(t);
  const accounts = fakeAccounts();
  const people = fakePeople();
  const revoked = new Set<(key: string) => void>();
  const phones = createPhones({
    accountsOf: () => accounts,
    people,
    configured: new Map(),
    iceServers: () => ({ iceServers: [], expiresAtMs: null }),
    callContextOf: () => null,
    clock,
    log: quietLog,
    ...options,
  });
  const server = createServer((_, reply) => reply.end());
  const address: { current: string | null } = { current: pbx.url };
  const gate = createPhoneGate({
    server,
    publicUrl: null,
    desk: phones.desk,
    pbxAddress: () => address.current,
    log: quietLog,
    ...(options.connectionsMax === undefined ? {} : { connectionsMax: options.connectionsMax }),
    sessions: {
      open: async (cookie) => {
        const who = /session=(\w+)/.exec(cookie ?? '')?.[1] as Who | undefined;
        return who && who in personIds
          ? { viewer: people.viewer(who), sessionKey: who, expiresAtMs: Infinity }
          : null;
      },
      onRevoked(listener) {
        revoked.add(listener);
        return () => revoked.delete(listener);
      },
      viewer: () => null,
      onViewersChanged: () => () => {},
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.teardown(async () => {
    gate.close();
    await phones.stop();
    server.closeAllConnections();
    server.close();
  });

  const route = routeOf(phones.routes);
  /** As the page does it: asks over HTTP. */
  const connect = (who: Who, page = 1): Promise<PhoneConnection> => route(people.viewer(who), pageOf(page));

  /** The websocket that the page then opens; resolves when it is open, rejects with the status it was refused with. */
  async function open(
    ticket: string,
    who: Who,
    change: { origin?: string | null; path?: string; protocols?: string[] } = {},
  ) {
    const { origin = `http://${host}`, path = '/phone', protocols = ['sip', `ticket.${ticket}`] } = change;
    const headers = { cookie: `session=${who}`, ...(origin === null ? {} : { origin }) };
    const page = new WebSocket(`ws://${host}${path}`, protocols, { headers });
    const heard: string[] = [];
    page.on('message', (data) => heard.push(String(data)));
    const closed = new Promise<number>((resolve) => page.on('close', resolve));
    await new Promise((resolve, reject) => {
      page.once('open', resolve);
      page.once('unexpected-response', (_, reply) => reject(new Error(String(reply.statusCode))));
      page.once('error', reject);
    });
    page.on('error', () => {});
    return { page, heard, closed };
  }
  const enter = async (who: Who, page = 1) => open((await connect(who, page)).ticket, who);
  const revoke = (who: Who) => {
    for (const listener of revoked) listener(who);
  };
  return { clock, pbx, accounts, people, phones, connect, open, enter, revoke, address };
}

async function fakePbx(t: Test) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'sip' });
  await once(server, 'listening');
  const lines: WebSocket[] = [];
  const got: string[] = [];
  server.on('connection', (line) => {
    lines.push(line);
    line.on('message', (data) => got.push(String(data)));
  });
  t.teardown(() => {
    for (const line of lines) line.terminate();
    server.close();
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`, lines, got };
}

function fakeAccounts() {
  const made = new Map<string, PhoneAccount>();
  const hungUp: string[] = [];
  let outcome: AccountOutcome = { ok: true };
  return {
    made,
    hungUp,
    answer(next: AccountOutcome) {
      outcome = next;
    },
    async put(account: PhoneAccount) {
      const { endpoint, password, context, callerName } = account;
      if (outcome.ok) made.set(endpoint, { endpoint, password, context, callerName });
      return outcome;
    },
    async hangUp(endpoint: string) {
      hungUp.push(endpoint);
    },
    async remove(endpoint: string) {
      made.delete(endpoint);
      return { ok: true as const };
    },
    async list() {
      return [...made.keys()].map((endpoint) => ({ endpoint, online: false }));
    },
  };
}

function fakePeople() {
  const listeners = new Set<() => void>();
  const people = new Map<string, Person>();
  for (const [who, id] of Object.entries(personIds)) {
    const roles = [roleOf[who as Who]];
    const devices = [`PJSIP/web-${id.slice(-12)}`];
    people.set(id, {
      id,
      login: who,
      name: who,
      publicName: null,
      roles,
      teams: [],
      pbx: 'main',
      devices,
      interfaces: [],
    });
  }
  return {
    byId: (id: string) => people.get(id),
    byDevice: () => undefined,
    byInterface: () => undefined,
    all: () => [...people.values()],
    onChange(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    viewer: (who: Who): Viewer => makeViewer({ ...people.get(personIds[who])!, teamIds: [] }),
    change(who: Who, part: Partial<Person>) {
      people.set(personIds[who], { ...people.get(personIds[who])!, ...part });
      for (const listener of listeners) listener();
    },
  };
}

/** The route's own handler, without a server around it. */
function routeOf(plugin: ReturnType<typeof createPhones>['routes']) {
  let handler: (request: unknown) => Promise<PhoneConnection> = () => Promise.reject(new Error('no route'));
  void plugin(
    { post: (_path: string, _options: unknown, own: typeof handler) => (handler = own) } as never,
    {},
  );
  return (viewer: Viewer, page: string) => handler({ viewer, body: { page } });
}

/** A request as a phone of ours sends it, `bytes` long. */
export function sipMessage(
  change: { method?: string; from?: string; to?: string; more?: string[]; bytes?: number } = {},
): string {
  const {
    method = 'REGISTER',
    from = endpointOf('sophie'),
    to = '<sip:x@vigie.invalid>',
    more = [],
    bytes,
  } = change;
  const head = [
    `${method} sip:vigie.invalid SIP/2.0`,
    'Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks',
    'Max-Forwards: 69',
    `From: <sip:${from}@vigie.invalid>;tag=asdyka899`,
    `To: ${to}`,
    'Call-ID: asidkj3ss',
    `CSeq: 1 ${method}`,
    ...more,
    '',
    '',
  ].join('\r\n');
  return bytes === undefined ? head : head + 'x'.repeat(bytes - Buffer.byteLength(head));
}
