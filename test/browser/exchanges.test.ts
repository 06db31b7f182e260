/** Team exchanges, as a manager reads them: real accounts, database and chat behind the built panel. */
import type { Browser } from 'playwright-core';
import t, { type Test } from 'tap';
import { v7 } from 'uuid';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, openPage, type PageOptions } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';
import { startChatServer } from './support/chat-server.ts';
import { hostileNames } from './support/floor.ts';
import { idOf } from './support/ids.ts';
import { assertAccessible, assertFits } from './support/panel-page.ts';

ensurePanelBuilt();
const browser: Browser = await launchBrowser();
type ChatServer = Awaited<ReturnType<typeof startChatServer>>;
t.teardown(() => browser.close());

const people = [
  { login: 'alice', name: 'Alice Martin', roles: ['agent' as const], team: 'A' },
  { login: 'sam', name: hostileNames[0]!, roles: ['supervisor' as const], team: 'A' },
  { login: 'nadia', name: 'Très long nom '.repeat(14).trim(), roles: ['supervisor' as const], team: 'A' },
  { login: 'max', name: 'Max', roles: ['manager' as const], team: 'A' },
];
/** More than one page of them. */
const messageCount = 130;
const onCall = 117;
const callId = idOf('call', 7);

/** Sam and Alice have written a lot to one another, one message of it during a call; Nadia wrote one. */
async function exchanges(t: Test) {
  const server = await startChatServer(people);
  t.teardown(() => server.close());
  const agentId = server.idOf('alice');
  const send = (author: string, supervisor: string, text: string) =>
    server.chat.service.send(server.sessions.viewer(server.idOf(author))!, {
      ...{ agentId, supervisorId: server.idOf(supervisor), clientId: v7(), text },
    });
  await send('nadia', 'nadia', 'Bonjour <b>Alice</b>');
  const { threadId } = await send('sam', 'sam', 'n° 1');
  await fill(server, threadId, [2, onCall - 1]);
  const { id } = await send('sam', 'sam', `Réunion à 15 h ${hostileNames[4]}`);
  await server.db.updateTable('chat_messages').set({ call_id: callId }).where('id', '=', id).execute();
  await fill(server, threadId, [onCall + 1, messageCount - 1]);
  await send('sam', 'sam', `n° ${messageCount}`);
  return { server, agentId };
}

/** Messages that were written long ago, faster than anybody types. */
async function fill(server: ChatServer, threadId: string, [from, to]: [number, number]): Promise<void> {
  const rows = Array.from({ length: to - from + 1 }, (_, i) => ({
    ...{ id: v7(), thread_id: threadId, seq: from + i, client_id: v7(), words: '', sent_at: new Date() },
    ...{ author_id: server.idOf(i % 3 ? 'sam' : 'alice'), author_name: 'x', text: `n° ${from + i}` },
  }));
  await server.db.insertInto('chat_messages').values(rows).execute();
  await server.db.updateTable('chat_threads').set({ last_seq: to }).where('id', '=', threadId).execute();
}

async function open(
  t: Test,
  { server, agentId }: Awaited<ReturnType<typeof exchanges>>,
  options: PageOptions,
) {
  const [name, value] = (await server.signIn('max')).split(/=(.*)/s);
  const cookie = { name: name!, value: value!, domain: '127.0.0.1', path: '/', expires: -1 };
  const cookies = [{ ...cookie, httpOnly: true, secure: false, sameSite: 'Lax' as const }];
  const opened = await openPage(browser, `${server.url}/exchanges?of=${agentId}`, {
    ...options,
    context: { storageState: { cookies, origins: [] } },
  });
  opened.page.setDefaultTimeout(15_000);
  t.teardown(() => opened.context.close());
  return opened;
}

for (const [language, theme] of [
  ['fr', 'light'],
  ['en', 'dark'],
] as const)
  t.test(`A manager reads and searches what two others wrote, ${language}, ${theme}`, async (t) => {
    const scene = await exchanges(t);
    const { page, complaints } = await open(t, scene, { language, theme });
    const threads = page.getByRole('list', { name: 'Conversations' }).getByRole('button');
    await threads.nth(1).waitFor();
    t.equal(await threads.count(), 2);
    await assertAccessible(t, page, 'the list of exchanges');
    await assertFits(t, page, 'the list of exchanges');
    t.equal(await page.title(), 'Vigie', 'no markup in a name runs');

    // By keyboard, as everything.
    await threads.first().focus();
    await page.keyboard.press('Enter');
    await page.getByText(`n° ${messageCount}`, { exact: true }).last().waitFor();
    await assertAccessible(t, page, 'an exchange');
    await assertFits(t, page, 'an exchange');
    const shown = page.locator('[data-seq]');
    t.equal(await shown.count(), 100, 'the newest of it');
    await page.getByRole('button', { name: /messages plus anciens|older messages/i }).click();
    await waitFor(
      () => shown.count(),
      (count) => count === messageCount,
    );
    t.same(
      await page.evaluate(
        `[...document.querySelectorAll('[data-seq]')].map((one) => Number(one.dataset.seq))`,
      ),
      Array.from({ length: messageCount }, (_, i) => i + 1),
      'each once, in order',
    );
    const link = page.locator('a[href^="/calls/"]');
    t.equal(await link.count(), 1);
    t.equal(await link.getAttribute('href'), `/calls/${callId}`);

    await page.getByRole('searchbox').fill('reunion');
    const found = page.getByRole('list', { name: /Messages trouvés|Messages found/ }).getByRole('button');
    await found.first().waitFor();
    t.equal(await found.count(), 1, 'accents make no difference');
    await assertAccessible(t, page, 'what was found');
    await found.first().click();
    await page.locator('[data-found]').waitFor();
    t.match(await page.locator('[data-found]').textContent(), /Réunion à 15 h/);
    await assertAccessible(t, page, 'where it stands');

    const { items } = await scene.server.chat.service.threads(
      scene.server.sessions.viewer(scene.agentId)!,
      {},
    );
    const own = items.find(({ supervisor }) => supervisor.id === scene.server.idOf('sam'));
    t.ok(own!.unread > 0, 'for Alice nothing counts as read by it');
    t.same(complaints, []);
  });

t.test('An exchange that cannot be read says why, and is read when it can be', async (t) => {
  const scene = await exchanges(t);
  const { page } = await open(t, scene, {});
  await page.route('**/api/chat/threads/*/messages*', (route) =>
    route.fulfill({ status: 503, json: { code: 'database-unavailable' } }),
  );
  await page.getByRole('list', { name: 'Conversations' }).getByRole('button').first().click();
  await page.getByText('La base de données ne répond pas.').waitFor();
  await assertAccessible(t, page, 'what cannot be read');
  await page.unroute('**/api/chat/threads/*/messages*');
  await page.getByRole('button', { name: 'Réessayer' }).click();
  await page.locator('[data-seq]').first().waitFor();
});
