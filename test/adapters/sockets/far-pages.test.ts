/** Pages of two servers: what is meant for one connection finds it, and a viewing is spoken to where it is. */
import t from 'tap';
import { createConnections, type OpenConnections } from '../../../src/adapters/sockets/connections.ts';
import { withFarPages } from '../../../src/adapters/sockets/far-pages.ts';
import type { ServerNotes } from '../../../src/ports/cluster.ts';
import type { PageConnection } from '../../../src/ports/live.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';
import { quietLog } from '../../support/live.ts';

const viewer = makeViewer({ id: 'ana', name: 'Ana', roles: ['supervisor'], teams: [], teamIds: [] } as never);

/** Two servers that hear each other at once. */
function twoServers() {
  const hearing: Record<string, Map<string, (body: unknown, from: string) => void>> = {
    a: new Map(),
    b: new Map(),
  };
  const notesOf = (own: string, other: string): ServerNotes => ({
    send(topic, body, to) {
      if (to === undefined || to === other)
        hearing[other]!.get(topic)?.(JSON.parse(JSON.stringify(body)), own);
    },
    on(topic, listener) {
      hearing[own]!.set(topic, listener);
      return () => hearing[own]!.delete(topic);
    },
  });
  const server = (own: string, other: string): OpenConnections =>
    withFarPages(createConnections({ log: quietLog }), {
      notes: notesOf(own, other),
      viewingsAt: { serverOf: (id) => (id === `at-${other}` ? other : undefined) },
      viewerOf: (personId) => (personId === viewer.personId ? viewer : null),
    });
  return { a: server('a', 'b'), b: server('b', 'a') };
}
const page = (id: string, who = viewer): PageConnection => ({ id, viewer: who, page: 'panel' });

t.test('What a server sends to a connection reaches it on whichever server it is', async (t) => {
  const { a, b } = twoServers();
  const got: unknown[] = [];
  b.opened(page('p'), (event, ...args) => got.push(event, ...args));
  a.toConnection('p', 'screen-orders', { sharing: false, hidden: true, viewings: [] });
  b.toConnection('p', 'screen-orders', { sharing: true, hidden: true, viewings: [] });
  a.toConnection('nobody', 'screen-orders', { sharing: true, hidden: true, viewings: [] });
  t.match(got, ['screen-orders', { sharing: false }, 'screen-orders', { sharing: true }]);
});

t.test('What a page says of a viewing is heard by the server that has it, and so is its going', async (t) => {
  const { a, b } = twoServers();
  const heard: string[] = [];
  for (const [name, server] of Object.entries({ a, b })) {
    server.on('screen-signal', (from) => heard.push(`${name} ${from.id} ${from.viewer.personId}`));
    server.onGone(({ id }) => heard.push(`${name} gone ${id}`));
  }
  b.opened(page('p'), () => {});
  b.heard(page('p'), 'screen-signal', { viewingId: 'at-a' });
  b.heard(page('p'), 'screen-signal', { viewingId: 'at-b' });
  b.heard(page('p'), 'screen-signal', null);
  b.gone(page('p'));
  t.same(heard, ['a p ana', 'b p ana', 'b p ana', 'b gone p', 'a gone p']);
});

t.test('A page that says too much is not heard by the other server either', async (t) => {
  const { a, b } = twoServers();
  let heard = 0;
  a.on('screen-signal', () => (heard += 1));
  b.opened(page('p'), () => {});
  for (let n = 0; n < 80; n++) b.heard(page('p'), 'screen-signal', { viewingId: 'at-a' });
  t.equal(heard, 50);
});

t.test('Who may not sign in any more is not heard', async (t) => {
  const { a, b } = twoServers();
  let heard = 0;
  a.on('screen-signal', () => (heard += 1));
  const stranger = makeViewer({ id: 'eve', name: 'Eve', roles: [], teams: [], teamIds: [] } as never);
  b.opened(page('p', stranger), () => {});
  b.heard(page('p', stranger), 'screen-signal', { viewingId: 'at-a' });
  t.equal(heard, 0);
});
