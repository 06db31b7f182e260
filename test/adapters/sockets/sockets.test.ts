import type { AddressInfo } from 'node:net';
import { Server as IoServer } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import t, { type Test } from 'tap';
import { createHttpServer } from '../../../src/adapters/http/server.ts';
import { createMetrics } from '../../../src/adapters/metrics/metrics.ts';
import { createPanelPresence } from '../../../src/adapters/sockets/panel-presence.ts';
import { cutSlowSockets } from '../../../src/adapters/sockets/slow-sockets.ts';
import { createSockets } from '../../../src/adapters/sockets/sockets.ts';
import type { LiveChange, LiveSnapshot } from '../../../src/contract/live.ts';
import type { Role } from '../../../src/contract/permissions.ts';
import { createAccounts } from '../../../src/features/accounts/accounts.ts';
import { createAgents } from '../../../src/features/agents/agents.ts';
import { createPeopleDirectory } from '../../../src/features/agents/people-directory.ts';
import { createAudit } from '../../../src/features/audit/audit.service.ts';
import { liveBoardRoutes } from '../../../src/features/live-board/live-board.routes.ts';
import { createLiveBoard } from '../../../src/features/live-board/live-board.ts';
import { noTies } from '../../../src/ports/absent.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';
import { testDatabase } from '../../support/database.ts';
import {
  factory,
  firstThresholds,
  handMadeCalls,
  handMadeSupervisions,
  queueMember,
  quietLog,
  until,
} from '../../support/live.ts';

/** A second where the machine is free; tests share it with others. */
const soonMs = 4_000;
const password = 'correct horse battery';
const manager = makeViewer({
  id: '00000000-0000-7000-8000-000000000001',
  name: 'M',
  roles: ['manager'],
  teamIds: [],
});

/** The server with real accounts, agents and board; calls are none. */
async function build(t: Test) {
  const { db } = await testDatabase(t);
  const [calls, supervisions] = [handMadeCalls(), handMadeSupervisions()];
  const presence = createPanelPresence({ graceMs: 1_000 });
  const directory = createPeopleDirectory({ db });
  const common = { db, clock: systemClock, log: quietLog };
  const audit = createAudit(common);
  const agents = createAgents({
    ...common,
    pbx: 'main',
    directory,
    calls,
    supervisions,
    presence,
    ties: noTies,
    watchQueues() {},
  });
  const live = { calls, supervisions, directory, shift: agents.shift, queueMembershipMaxAgeMs: 10_000 };
  const board = createLiveBoard({
    browserPhones: noTies.browserPhones,
    thresholds: firstThresholds,
    ...common,
    ...live,
    pbx: 'main',
    amiConfigured: false,
  });
  const config = { sessionHours: 12, publicUrl: 'https://vigie.example', trustProxy: false };
  const accounts = createAccounts({
    ...common,
    audit,
    writeDetails: agents.writeDetails,
    config,
    changed: () => void directory.refresh(),
  });
  const app = await createHttpServer({
    config,
    version: '0',
    log: quietLog,
    sessions: accounts,
    routes: [...accounts.routes, agents.routes, liveBoardRoutes(board)],
    staticFolder: '/nowhere',
    metrics: createMetrics(),
    readiness: async () => ({ ready: true, checks: {} }),
  });
  const sessions = accounts.liveSessions(directory);
  const sockets = createSockets({
    server: app.server,
    publicUrl: config.publicUrl,
    feed: board,
    sessions,
    presence,
    log: quietLog,
  });
  await agents.start();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const clients: Socket[] = [];
  t.teardown(async () => {
    for (const client of clients) client.disconnect();
    await sockets.close();
    presence.stop();
    accounts.close();
    board.stop();
    agents.stop();
    await app.close();
  });
  const person = (login: string, roles: Role[], teams: string[] = []) =>
    accounts.people.create('command-line', { login, name: login, password, roles, teams });
  const signIn = async (login: string): Promise<string> => {
    const reply = await fetch(`${address}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https' },
      body: JSON.stringify({ login, password }),
    });
    return reply.headers.getSetCookie()[0]!.split(';')[0]!;
  };
  const connect = (
    cookie: string,
    headers: Record<string, string> = {},
    transports = ['websocket'],
  ): Panel => {
    const socket = io(`${address}/live`, {
      transports,
      extraHeaders: { cookie, ...headers },
      forceNew: true,
      reconnection: false,
    });
    clients.push(socket);
    return panelOf(socket);
  };
  return {
    db,
    agents,
    board,
    accounts,
    presence,
    ties: noTies,
    directory,
    address,
    fact: factory(),
    person,
    signIn,
    connect,
  };
}

interface Panel {
  socket: Socket;
  snapshots: LiveSnapshot[];
  changes: LiveChange[];
  signedOut: string[];
  refused: string[];
  /** Every word that reached this browser. */
  text(): string;
}
function panelOf(socket: Socket): Panel {
  const panel: Panel = {
    socket,
    snapshots: [],
    changes: [],
    signedOut: [],
    refused: [],
    text: () => JSON.stringify([panel.snapshots, panel.changes]),
  };
  socket.on('snapshot', (snapshot: LiveSnapshot) => panel.snapshots.push(snapshot));
  socket.on('change', (change: LiveChange) => panel.changes.push(change));
  socket.on('signed-out', ({ code }: { code: string }) => panel.signedOut.push(code));
  socket.on('connect_error', (error) =>
    panel.refused.push((error as { data?: { code: string } }).data?.code ?? error.message),
  );
  return panel;
}
const names = (snapshot: LiveSnapshot | undefined): string[] =>
  snapshot?.agents.map((agent) => agent.name).sort() ?? [];

t.test(
  'a panel gets its snapshot, then each change by its number; who asks again gets a snapshot',
  async (t) => {
    const { agents, person, signIn, connect, fact, address } = await build(t);
    await agents.service.add(manager, { name: 'Alice', endpoint: 'PJSIP/1001', teams: ['North'] });
    await agents.service.add(manager, { name: 'Bob', endpoint: 'PJSIP/1002', teams: ['South'] });
    await person('sophie', ['supervisor'], ['North']);
    const cookie = await signIn('sophie');
    for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
      const panel = connect(cookie, {}, transports);
      await until(`a snapshot by ${transports}`, () => panel.snapshots.length === 1);
      t.same(names(panel.snapshots[0]), ['Alice']);
      panel.socket.disconnect();
    }
    const panel = connect(cookie);
    await until('a snapshot', () => panel.snapshots.length === 1);
    const begin = panel.snapshots[0]!.seq;
    for (const online of [true, false, true]) {
      agents.onFact(fact({ kind: 'endpoint', device: 'PJSIP/1001', online }));
      agents.onFact(fact({ kind: 'endpoint', device: 'PJSIP/1002', online }));
      agents.onFact(
        fact({
          kind: 'queue-members',
          queue: 'sales',
          members: online ? [queueMember('PJSIP/1001'), queueMember('PJSIP/1002')] : [],
        }),
      );
      const before = panel.changes.length;
      await until('a change', () => panel.changes.length > before);
    }
    t.same(
      panel.changes.map((change) => change.seq),
      panel.changes.map((_, i) => begin + 1 + i),
      'no number is left out',
    );
    t.notMatch(panel.text(), /Bob|PJSIP\/1002/, 'nothing of another team');
    t.equal(panel.changes.flatMap((change) => change.agents ?? []).at(-1)?.state, 'available');
    const askedAt = performance.now();
    for (let i = 0; i < 20; i++) panel.socket.emit('resync');
    await until('a snapshot again', () => panel.snapshots.length === 2);
    panel.socket.emit('resync');
    await until('and again', () => panel.snapshots.length === 3);
    t.ok(performance.now() - askedAt > 900, 'a snapshot a second at most');
    t.equal(panel.snapshots.length, 3);
    t.equal(panel.snapshots[2]!.seq, panel.changes.at(-1)!.seq);
    const reply = await fetch(`${address}/api/live`, { headers: { cookie } });
    t.same(names((await reply.json()) as LiveSnapshot), ['Alice']);
  },
);

t.test('only our own pages and signed-in people with the right get in', async (t) => {
  const { person, signIn, connect, address } = await build(t);
  await person('sophie', ['supervisor'], ['North']);
  await person('admin', ['admin']);
  const cookie = await signIn('sophie');
  for (const transports of [['websocket'], ['polling']]) {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${address}.evil.example` },
      { 'sec-fetch-site': 'cross-site' },
    ] as Record<string, string>[]) {
      const panel = connect(cookie, headers, transports);
      await until('refused', () => panel.refused.length > 0);
      t.equal(panel.snapshots.length, 0, `${transports} ${JSON.stringify(headers)}`);
    }
    for (const headers of [
      { origin: address },
      { origin: 'https://vigie.example' },
      { 'sec-fetch-site': 'same-origin' },
    ] as Record<string, string>[]) {
      const panel = connect(cookie, headers, transports);
      await until('admitted', () => panel.snapshots.length === 1);
    }
  }
  for (const [who, code] of [
    ['', 'not-signed-in'],
    ['vigie_session=x', 'not-signed-in'],
    [await signIn('admin'), 'not-allowed'],
  ]) {
    const panel = connect(who!);
    await until('refused', () => panel.refused.length > 0);
    t.same(panel.refused, [code]);
  }
  const elsewhere = io(address, {
    transports: ['websocket'],
    extraHeaders: { cookie },
    reconnection: false,
    forceNew: true,
  });
  await new Promise((resolve) => elsewhere.on('connect_error', resolve));
  elsewhere.disconnect();
  const long = connect(cookie);
  await until('admitted', () => long.snapshots.length === 1);
  long.socket.emit('resync', 'x'.repeat(20_000));
  await until('who sends too much is cut', () => !long.socket.connected);
});

t.test('changed rights change what is sent, at once', async (t) => {
  const { agents, accounts, person, signIn, connect, fact, db } = await build(t);
  await agents.service.add(manager, { name: 'Alice', endpoint: 'PJSIP/1001', teams: ['North'] });
  const bob = await agents.service.add(manager, { name: 'Bob', endpoint: 'PJSIP/1002', teams: ['South'] });
  const sophie = await person('sophie', ['supervisor'], ['North']);
  const panel = connect(await signIn('sophie'));
  await until('a snapshot', () => panel.snapshots.length === 1);
  t.same(names(panel.snapshots[0]), ['Alice']);

  await agents.service.change(manager, bob.id, { teams: ['North'] });
  await until('Bob comes into sight', () =>
    panel.changes.some((change) => change.agents?.some((row) => row.id === bob.id)),
  );
  await agents.service.change(manager, bob.id, { teams: ['South'] });
  await until('Bob leaves it', () => panel.changes.some((change) => change.gone?.agents?.includes(bob.id)));

  await accounts.people.change('command-line', sophie.id, { teams: ['South'] });
  await until('a fresh snapshot', () => panel.snapshots.length === 2, soonMs);
  t.same(names(panel.snapshots[1]), ['Bob']);
  const told = panel.changes.length;
  agents.onFact(fact({ kind: 'queue-members', queue: 'open', members: [queueMember('PJSIP/1001')] }));
  await until('the queue’s change', () => panel.changes.length > told);
  t.notMatch(JSON.stringify(panel.changes.slice(told)), /Alice|PJSIP\/1001/, 'the old team is out of sight');

  await db
    .updateTable('people')
    .set({ roles: ['agent'] })
    .where('id', '=', sophie.id)
    .execute();
  await until('out, although another process took the right', () => !panel.socket.connected, soonMs);
  t.same(panel.signedOut, ['not-allowed']);
});

t.test('a session that ends ends its panels within a second, and those of nobody else', async (t) => {
  const { db, person, signIn, connect, address } = await build(t);
  await person('sophie', ['supervisor']);
  await person('thomas', ['supervisor']);
  const [first, second] = [await signIn('sophie'), await signIn('sophie')];
  const panels = [connect(first), connect(first), connect(second), connect(await signIn('thomas'))] as const;
  await until('all are in', () => panels.every((panel) => panel.snapshots.length === 1));
  await fetch(`${address}/api/session`, { method: 'DELETE', headers: { cookie: first } });
  await until('signed out', () => panels.slice(0, 2).every((panel) => !panel.socket.connected), soonMs);
  t.same(
    panels.map((panel) => panel.signedOut.join()),
    ['not-signed-in', 'not-signed-in', '', ''],
  );
  await db
    .updateTable('sessions')
    .set({ expires_at: new Date(Date.now() - 1) })
    .execute();
  await until('expired', () => panels.every((panel) => !panel.socket.connected), soonMs);
  t.same(
    panels.map((panel) => panel.signedOut.length),
    [1, 1, 1, 1],
  );
});

t.test('a person is present while a page is open, and a reload is no absence', async (t) => {
  const { presence, person, signIn, connect } = await build(t);
  const { id } = await person('sophie', ['supervisor']);
  const cookie = await signIn('sophie');
  const told: boolean[] = [];
  presence.onChange((personId) => personId === id && told.push(presence.isPresent(id)));
  const first = connect(cookie);
  await until('present', () => presence.isPresent(id));
  first.socket.disconnect();
  const second = connect(cookie);
  await until('back', () => second.snapshots.length === 1);
  t.same(told, [true]);
  second.socket.disconnect();
  await until('absent', () => !presence.isPresent(id));
  t.same(told, [true, false]);
});

t.test('a browser that does not read is cut and may come back; the others go on', async (t) => {
  const server = new IoServer(0, { maxHttpBufferSize: 1_000, perMessageDeflate: false });
  const port = (server.httpServer.address() as AddressInfo).port;
  let cuts = 0;
  const stop = cutSlowSockets(server, () => cuts++, 16);
  const [deaf, keen] = ['deaf', 'keen'].map((name) =>
    io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 20,
      query: { name },
    }),
  ) as [Socket, Socket];
  t.teardown(async () => {
    stop();
    deaf.disconnect();
    keen.disconnect();
    await server.close();
  });
  let received = 0;
  keen.on('news', () => received++);
  await until('both are in', () => deaf.connected && keen.connected);
  // The raw TCP socket below the client: it stops reading, as a frozen page does.
  const { transport } = deaf.io.engine as unknown as {
    transport: { ws: { _socket?: import('node:net').Socket } };
  };
  const raw = transport.ws._socket;
  t.ok(raw, 'the client runs on a socket of Node');
  raw?.pause();
  let sent = 0;
  const news = 'x'.repeat(64_000);
  await until('the deaf one is cut', () => {
    for (let i = 0; i < 4; i++) server.emit('news', `${sent++}${news}`);
    return cuts > 0;
  });
  await until('the keen one got all', () => received === sent);
  raw?.resume();
  await until('the deaf one is back', () => deaf.connected && server.engine.clientsCount === 2);
});
