/** Every namespace × every combination of roles × own team, another, none: who is told what, and whose word counts. */
import { randomUUID } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import t, { type Test } from 'tap';
import { permissionsOf } from '../../src/contract/permissions.ts';
import { projectFolder } from '../../src/paths.ts';
import { waitFor } from '../support/wait-for.ts';
import { socketRules } from './socket-rules.ts';
import { buildWorld, type Relation, relations, type Somebody, type World } from './world.ts';

interface PageOf {
  who: Somebody;
  namespace: string;
  socket: Socket;
  /** Everything it was told, oldest first. */
  told: { event: string; payload: unknown }[];
}

/** Settles with the open page, or with the code that refused it. */
async function open(
  t: Test,
  { address }: World,
  namespace: string,
  who: Somebody | null,
): Promise<PageOf | string> {
  const extraHeaders = {
    'x-forwarded-for': who?.address ?? '10.1.0.1',
    ...(who ? { cookie: who.cookie } : {}),
  };
  const socket = io(address + namespace, {
    transports: ['websocket'],
    extraHeaders,
    forceNew: true,
    reconnection: false,
  });
  t.teardown(() => void socket.disconnect());
  const told: PageOf['told'] = [];
  socket.onAny((event: string, payload: unknown) => told.push({ event, payload }));
  const refusal = await new Promise<string | null>((resolve) => {
    socket.once('snapshot', () => resolve(null));
    socket.once('connect_error', (error) =>
      resolve(String((error as { data?: { code: string } }).data?.code ?? error)),
    );
  });
  return refusal ?? { who: who!, namespace, socket, told };
}

async function ask({ address }: World, who: Somebody, method: string, path: string, body?: unknown) {
  const reply = await fetch(address + path, {
    method,
    headers: {
      'x-forwarded-for': who.address,
      cookie: who.cookie,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  return {
    status: reply.status,
    body: (text === '' ? null : JSON.parse(text)) as Record<string, unknown> | null,
  };
}

const may = (who: Somebody, namespace: string): boolean =>
  permissionsOf(who.roles).has(socketRules[namespace]!.needs);
const sees = (who: Somebody, relation: Relation): boolean =>
  relation === 'own team' || who.roles.some((role) => role === 'manager' || role === 'admin');
const has = (page: PageOf, event: string, holds: (text: string) => boolean): boolean =>
  page.told.some((one) => one.event === event && holds(JSON.stringify(one.payload ?? null)));
const names = (pages: readonly PageOf[]): string[] =>
  pages.map(({ who, namespace }) => `${who.name} ${namespace}`).sort();

t.test('Every namespace and every event has a rule', async (t) => {
  const found = { namespaces: new Set<string>(), told: new Set<string>(), heard: new Set<string>() };
  for await (const name of glob('src/{adapters/sockets,features}/**/*.ts', { cwd: projectFolder() })) {
    const text = await readFile(join(projectFolder(), name), 'utf8');
    for (const [, one] of text.matchAll(/\.of\('(\/[^']+)'\)/g)) found.namespaces.add(one!);
    for (const [, one] of text.matchAll(/\.emit\('([^']+)'/g)) found.told.add(one!);
    for (const [, one] of text.matchAll(/to(?:Person|Connection)\([^,]+, '([^']+)'/g)) found.told.add(one!);
    for (const [, one] of text.matchAll(/(?:connections|socket)\.on\('([^']+)'/g)) found.heard.add(one!);
  }
  found.heard.delete('disconnect');
  const rules = Object.values(socketRules);
  t.same([...found.namespaces].sort(), Object.keys(socketRules).sort());
  t.same([...found.told].sort(), [...new Set(rules.flatMap(({ told }) => Object.keys(told)))].sort());
  t.same([...found.heard].sort(), [...new Set(rules.flatMap(({ heard }) => Object.keys(heard)))].sort());
});

t.test('Who opens a page, and what it shows and is told of whom', { timeout: 120_000 }, async (t) => {
  const world = await buildWorld(t);
  const pages: PageOf[] = [];
  for (const namespace of Object.keys(socketRules)) {
    t.equal(await open(t, world, namespace, null), 'not-signed-in', `nobody on ${namespace}`);
    for (const who of world.people) {
      const page = await open(t, world, namespace, who);
      if (typeof page !== 'string') pages.push(page);
      t.equal(
        typeof page === 'string' ? page : 'in',
        may(who, namespace) ? 'in' : 'not-allowed',
        `${who.name} ${namespace}`,
      );
    }
  }
  t.match(
    await open(t, world, '/other', world.people[0]!),
    /Invalid namespace/,
    'there is no other namespace',
  );
  const onLive = pages.filter(({ namespace }) => namespace === '/live');
  const manager = world.people.find(({ roles }) => roles.join() === 'manager')!;

  for (const relation of relations) {
    const { agent } = world.targets[relation];
    const holds = (text: string) => text.includes(agent);
    const seeing = onLive.filter(({ who }) => sees(who, relation));
    t.same(
      names(pages.filter((page) => has(page, 'snapshot', holds))),
      names(seeing),
      `snapshot of ${relation}`,
    );
    const before = new Map(pages.map((page) => [page, page.told.length]));
    const changed = await ask(world, manager, 'PATCH', `/api/agents/${agent}`, {
      publicName: `P ${relation}`,
    });
    t.equal(changed.status, 200);
    const toldNow = () =>
      pages.filter((page) =>
        page.told
          .slice(before.get(page))
          .some(({ event, payload }) => event === 'change' && holds(JSON.stringify(payload))),
      );
    await waitFor(
      async () => toldNow().length,
      (count) => count >= seeing.length,
      5_000,
    ).catch(() => {});
    t.same(names(toldNow()), names(seeing), `change of ${relation}`);
  }
  const ownOnly = pages.filter(({ namespace }) => namespace === '/agent');
  for (const page of ownOnly)
    t.notOk(
      page.told.some(({ payload }) =>
        world.people.some(({ id }) => id !== page.who.id && JSON.stringify(payload).includes(id)),
      ),
      `${page.who.name} is told of himself alone`,
    );
});

t.test('Whose word a page is, and who hears it', { timeout: 120_000 }, async (t) => {
  const world = await buildWorld(t);
  const everybody: Somebody[] = [...world.people];
  for (const relation of relations) everybody.push(await world.agentOf(relation));
  const pages: PageOf[] = [];
  for (const who of everybody)
    for (const namespace of Object.keys(socketRules)) {
      const page = await open(t, world, namespace, who);
      if (typeof page !== 'string') pages.push(page);
    }
  const told = (event: string, text: string) =>
    pages.filter((page) => has(page, event, (one) => one.includes(text)));
  const pagesOf = (...ids: string[]) => pages.filter(({ who }) => ids.includes(who.id));
  const reaches = (event: string, text: string, wanted: readonly PageOf[], what: string) =>
    waitFor(
      async () => told(event, text),
      (found) => found.length >= wanted.length,
      5_000,
    )
      .catch(() => told(event, text))
      .then((found) => t.same(names(found), names(wanted), what));
  const { agent: alice } = world.targets['own team'];
  const supervisor = world.people.find(({ roles }) => roles.join() === 'supervisor')!;

  // Agents write: without a PBX here their phones are away, and only they can begin.
  const threads: { id: string; agent: string; supervisor: string }[] = [];
  for (const relation of relations) {
    const agent = everybody.find(({ id }) => id === world.targets[relation].agent)!;
    for (const who of world.people) {
      const text = `to ${who.name} from ${relation}.`;
      const wish = { agentId: agent.id, supervisorId: who.id, clientId: randomUUID(), text };
      const sent = await ask(world, agent, 'POST', '/api/chat/messages', wish);
      const isHis = relation === 'own team' || who.roles.includes('manager');
      const may = permissionsOf(who.roles).has('chat.write') && isHis;
      t.equal(sent.status, may ? 201 : 403, `${text} ${JSON.stringify(sent.body)}`);
      if (!may) continue;
      await reaches('chat-message', text, pagesOf(agent.id, who.id), text);
      threads.push({ id: String(sent.body?.['threadId']), agent: agent.id, supervisor: who.id });
    }
  }
  const refused = world.people.filter(({ roles }) => !permissionsOf(roles).has('chat.write'));
  for (const { name } of refused)
    t.same(names(told('chat-message', `to ${name} from`)), [], `${name} is told nothing`);
  const thread = threads.find((one) => one.agent === alice && one.supervisor === supervisor.id)!;
  for (const page of pages) {
    page.socket.emit('chat-typing', { threadId: thread.id });
    page.socket.emit('screen-share', { monitors: 1 });
    page.socket.emit('resync');
    page.socket.emit('something-else', { agentId: alice });
  }
  await reaches(
    'chat-typing',
    thread.id,
    pagesOf(alice, supervisor.id),
    'typing is told to the other of the two',
  );
  const typed = told('chat-typing', thread.id).flatMap(({ told: all }) =>
    all.filter(({ event }) => event === 'chat-typing'),
  );
  t.same(
    new Set(typed.map(({ payload }) => (payload as { personId: string }).personId)),
    new Set([alice, supervisor.id]),
    'and of nobody else',
  );
  const read = await ask(world, supervisor, 'PUT', `/api/chat/threads/${thread.id}/read`, { throughSeq: 1 });
  t.equal(read.status < 300, true);
  await reaches('chat-read', thread.id, pagesOf(alice, supervisor.id), 'what was read is told to both');

  const { body: floor } = await ask(
    world,
    world.people.find(({ roles }) => roles.join() === 'manager')!,
    'GET',
    '/api/live',
  );
  const agents = (floor as unknown as { agents: { id: string; screen: { state: string } }[] }).agents;
  const sharing = agents.filter(({ screen }) => screen.state !== 'off').map(({ id }) => id);
  t.same(
    new Set(sharing),
    new Set(everybody.filter(({ roles }) => roles.includes('agent')).map(({ id }) => id)),
    'an agent shares on his own page, and nobody for another',
  );

  const viewingId = randomUUID();
  const sdp = 'v=0\r\ns=a stranger’s\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n';
  for (const { socket } of pages) socket.emit('screen-signal', { viewingId, signal: { kind: 'offer', sdp } });
  const onPanels = pages.filter(({ namespace }) => namespace === '/live');
  await reaches(
    'screen-viewing',
    viewingId,
    onPanels,
    'who would watch is told that there is nothing to watch',
  );
  t.same(names(told('screen-signal', 'a stranger’s')), [], 'and a stranger is heard by nobody');

  const tellsUnknown = pages.flatMap((page) =>
    page.told.filter(({ event }) => !(event in socketRules[page.namespace]!.told)).map(({ event }) => event),
  );
  t.same(tellsUnknown, [], 'no page is told what has no rule');
  await ask(world, supervisor, 'DELETE', '/api/session');
  await reaches(
    'signed-out',
    'not-signed-in',
    pagesOf(supervisor.id),
    'a session that ends is told to its own pages',
  );
});
