import type { AddressInfo } from 'node:net';
import { Server as IoServer } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import t, { type Test } from 'tap';
import { createHttpServer } from '../../../src/adapters/http/server.ts';
import { createMetrics } from '../../../src/adapters/metrics/metrics.ts';
import { createConnections, heardPerSecondMax } from '../../../src/adapters/sockets/connections.ts';
import { createPanelPresence } from '../../../src/adapters/sockets/panel-presence.ts';
import { connectionsPerPersonMax } from '../../../src/adapters/sockets/places.ts';
import { cutSlowSockets } from '../../../src/adapters/sockets/slow-sockets.ts';
import { createSockets } from '../../../src/adapters/sockets/sockets.ts';
import type { AgentPage, AgentPageChange } from '../../../src/contract/agent-page.ts';
import type { LiveChange, LiveSnapshot } from '../../../src/contract/live.ts';
import type { Role } from '../../../src/contract/permissions.ts';
import { createAccounts } from '../../../src/features/accounts/accounts.ts';
import { createAgentPages } from '../../../src/features/agent-page/agent-pages.ts';
import { createAgents } from '../../../src/features/agents/agents.ts';
import { createPeopleDirectory } from '../../../src/features/agents/people-directory.ts';
import { liveBoardRoutes } from '../../../src/features/live-board/live-board.routes.ts';
import { createLiveBoard } from '../../../src/features/live-board/live-board.ts';
import { createPauseReasons } from '../../../src/features/shift-control/pause-reasons.ts';
import { noTies } from '../../../src/ports/absent.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import type { Connections, PageConnection } from '../../../src/ports/live.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';
import { testAudit } from '../../support/audit-log.ts';
import { testDatabase } from '../../support/database.ts';
import {
  buildSupervision,
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
  const audit = testAudit(t, { db });
  const agents = createAgents({
    ...common,
    pbxNames: ['main'],
    directory,
    calls,
    supervisions,
    presence,
    ties: noTies,
    audit,
    watchQueues() {},
  });
  const live = { calls, supervisions, directory, shift: agents.shift, queueMembershipMaxAgeMs: 10_000 };
  const board = createLiveBoard({
    browserPhones: noTies.browserPhones,
    thresholds: firstThresholds,
    ...common,
    ...live,
    pbxs: [{ name: 'main', amiConfigured: false }],
  });
  const pauseReasons = createPauseReasons(Object.assign({ audit }, common));
  const connections = createConnections(common);
  const agentPages = createAgentPages({
    ...common,
    ...live,
    outside: noTies.outside,
    policy: noTies.policy,
    pauseReasons,
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
    agentPages,
    sessions,
    presence,
    connections,
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
    agentPages.stop();
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
    page = 'live',
  ): Panel => {
    const socket = io(`${address}/${page}`, {
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
    calls,
    supervisions,
    pauseReasons,
    connections,
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
  long.socket.emit('resync', 'x'.repeat(60_000));
  await until('and a snapshot again', () => long.snapshots.length === 2);
  long.socket.emit('resync', 'x'.repeat(64_000));
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

const noPolicy = noTies.policy.current();

t.test(
  'an agent’s page tells him of himself only, in numbered changes, and a supervisor’s right opens none',
  async (t) => {
    const { agents, person, signIn, connect, fact, supervisions, presence } = await build(t);
    const alice = await person('alice', ['agent'], ['North']);
    await agents.service.change(manager, alice.id, { endpoint: 'PJSIP/1001' });
    await agents.service.add(manager, { name: 'Bob', endpoint: 'PJSIP/1002', teams: ['North'] });
    await person('sophie', ['supervisor'], ['North']);
    const page = connect(await signIn('alice'), {}, ['websocket'], 'agent');
    await until('a snapshot', () => page.snapshots.length === 1);
    const first = page.snapshots[0] as unknown as AgentPage;
    t.match(first.me, {
      id: alice.id,
      name: 'alice',
      calls: [],
      supervisedBy: [],
      heardOutside: [],
      controlRefusal: 'needs-ami',
    });
    t.equal(first.mayMarkPrivate, noPolicy.agentsMayMarkPrivate);
    t.ok(presence.isOnAgentPage(alice.id));

    agents.onFact(
      fact({
        kind: 'queue-members',
        queue: 'sales',
        members: [queueMember('PJSIP/1001'), queueMember('PJSIP/1002')],
      }),
    );
    await until('his queue', () => page.changes.length === 1);
    supervisions.put(buildSupervision({ id: 's', agentId: alice.id }));
    await until('that he is heard', () => page.changes.length === 2);
    const changes = page.changes as unknown as AgentPageChange[];
    t.same(
      changes.map(({ seq }) => seq),
      [first.seq + 1, first.seq + 2],
    );
    t.same(changes[0]!.me?.queues, [{ id: 'sales', name: 'sales', paused: false, pauseReason: null }]);
    t.same(changes[1]!.me?.supervisedBy, [{ mode: 'listen', by: null }]);
    t.notMatch(page.text(), /Bob|PJSIP\/1002|Sophie|training|mayDo/, 'nothing of others, nor of who and why');
    page.socket.emit('resync');
    await until('a snapshot again', () => page.snapshots.length === 2);
    t.equal((page.snapshots[1] as unknown as AgentPage).seq, changes[1]!.seq);

    const sophie = connect(await signIn('sophie'), {}, ['websocket'], 'agent');
    await until('refused', () => sophie.refused.length > 0);
    t.same(sophie.refused, ['not-allowed']);
    const alicesPanel = connect(await signIn('alice'));
    await until('refused too', () => alicesPanel.refused.length > 0);
    t.same(alicesPanel.refused, ['not-allowed']);
  },
);

/** The events are any feature's. */
const anyEvent = (connections: Connections) =>
  connections as unknown as {
    toPerson(personId: string, event: string, ...args: unknown[]): void;
    toConnection(id: string, event: string, ...args: unknown[]): void;
    on(event: string, listener: (from: PageConnection, payload: unknown) => void): () => void;
  };

t.test(
  'news for a person reach all his pages and nobody else’s; a connection can be told alone',
  async (t) => {
    const { person, signIn, connect, connections, accounts, db } = await build(t);
    const both = await person('both', ['supervisor', 'agent'], ['North']);
    await person('other', ['supervisor'], ['North']);
    const opened: PageConnection[] = [];
    const gone: string[] = [];
    connections.onOpen((one) => opened.push(one));
    connections.onGone(({ page }) => gone.push(page));
    const cookie = await signIn('both');
    const panel = connect(cookie);
    await until('the panel', () => opened.length === 1);
    const page = connect(cookie, {}, ['websocket'], 'agent');
    await until('the agent page', () => opened.length === 2);
    const other = connect(await signIn('other'));
    await until('the other', () => opened.length === 3);
    const heard: string[] = [];
    for (const [name, { socket }] of Object.entries({ panel, page, other }))
      socket.on('chat.message', (text: string) => heard.push(`${name} ${text}`));
    const say = anyEvent(connections);
    say.toPerson(both.id, 'chat.message', 'hello');
    await until('both pages', () => heard.length === 2);
    say.toConnection(opened[1]!.id, 'chat.message', 'you alone');
    say.toConnection('nobody', 'chat.message', 'lost');
    say.toPerson('nobody', 'chat.message', 'lost');
    await until('one page', () => heard.length === 3);
    t.same(heard.toSorted(), ['page hello', 'page you alone', 'panel hello']);

    const said: unknown[] = [];
    const stop = say.on('chat.typing', (from, payload) => {
      said.push([from.page, payload]);
      throw new Error('a listener that fails');
    });
    say.on('chat.typing', () => said.push('the next one'));
    page.socket.emit('chat.typing', { to: 1 });
    page.socket.emit('nobody-listens', 1);
    await until('heard by both listeners', () => said.length === 2);
    t.same(said, [['agent', { to: 1 }], 'the next one']);
    stop();

    await accounts.people.change('command-line', both.id, { teams: ['South'] });
    await until(
      'its rights are those of now',
      () =>
        opened[1]!.viewer.teamIds[0] !== undefined &&
        opened[0]!.viewer.teamIds[0] === opened[1]!.viewer.teamIds[0] &&
        opened[1]!.viewer.teamIds[0] !== opened[2]!.viewer.teamIds[0],
      soonMs,
    );
    await db
      .updateTable('people')
      .set({ roles: ['supervisor'] })
      .where('id', '=', both.id)
      .execute();
    await until('the agent page goes', () => gone.length === 1, soonMs);
    t.same(gone, ['agent']);
    // Told on the way out: the page hears it a moment after the server has done with it.
    await until('the page to be told', () => page.signedOut.length === 1, soonMs);
    t.same(page.signedOut, ['not-allowed']);
    t.ok(panel.socket.connected);
  },
);

t.test('a page that says more than it may in a second is not heard until the next', async (t) => {
  let nowMs = 0;
  const connections = createConnections({ log: quietLog, now: () => nowMs });
  const connection = { id: 'one', viewer: manager, page: 'panel' as const };
  let heard = 0;
  anyEvent(connections).on('typing', () => heard++);
  connections.opened(connection, () => {});
  const say = (times: number) => {
    for (let i = 0; i < times; i++) connections.heard(connection, 'typing', i);
  };
  say(heardPerSecondMax);
  t.equal(heard, heardPerSecondMax);
  nowMs = 999;
  say(1);
  t.equal(heard, heardPerSecondMax);
  nowMs = 1_000;
  say(1);
  t.equal(heard, heardPerSecondMax + 1);
  connections.gone(connection);
  connections.gone(connection);
  say(1);
  t.equal(heard, heardPerSecondMax + 1, 'a page that is gone says nothing');
});

t.test('a person may have so many pages open, of both kinds together, and no more', async (t) => {
  const { person, signIn, connect } = await build(t);
  await person('both', ['supervisor', 'agent'], ['North']);
  await person('other', ['supervisor'], ['North']);
  const cookie = await signIn('both');
  const pages = Array.from({ length: connectionsPerPersonMax }, (_, i) =>
    connect(cookie, {}, ['websocket'], i % 2 ? 'agent' : 'live'),
  );
  await until('all are in', () => pages.every((page) => page.snapshots.length === 1));
  for (const kind of ['live', 'agent']) {
    const late = connect(cookie, {}, ['websocket'], kind);
    await until('refused', () => late.refused.length > 0);
    t.same(late.refused, ['overloaded']);
  }
  const other = connect(await signIn('other'));
  await until('the other gets in', () => other.snapshots.length === 1);
  pages[0]!.socket.disconnect();
  await until('there is a place again', async () => {
    const late = connect(cookie, {}, ['websocket'], 'agent');
    await until('an answer', () => late.snapshots.length + late.refused.length > 0);
    return late.snapshots.length === 1;
  });
});
