import type { Browser, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { v7 } from 'uuid';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, openPage, type PageOptions } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';
import { startChatServer } from './support/chat-server.ts';
import { hostileNames } from './support/floor.ts';
import { assertAccessible, assertFits } from './support/panel-page.ts';

ensurePanelBuilt();
const browser: Browser = await launchBrowser();
t.teardown(() => browser.close());
type ChatServer = Awaited<ReturnType<typeof startChatServer>>;

const people = [
  { login: 'alice', name: 'Alice Martin', roles: ['agent' as const], team: 'A' },
  { login: 'bruno', name: hostileNames[0]!, roles: ['agent' as const], team: 'A' },
  { login: 'sam', name: hostileNames[4]!, roles: ['supervisor' as const], team: 'A' },
  { login: 'max', name: 'Max', roles: ['manager' as const], team: 'A' },
];
async function server(t: Test): Promise<ChatServer> {
  const server = await startChatServer(people);
  t.teardown(() => server.close());
  return server;
}

async function open(t: Test, server: ChatServer, login: string, path: string, options: PageOptions = {}) {
  const [name, value] = (await server.signIn(login)).split(/=(.*)/s);
  const cookies = [{ name: name!, value: value!, domain: '127.0.0.1', path: '/', expires: -1 }];
  const state = {
    cookies: cookies.map((one) => ({ ...one, httpOnly: true, secure: false, sameSite: 'Lax' as const })),
    origins: [],
  };
  const opened = await openPage(browser, server.url + path, { ...options, context: { storageState: state } });
  opened.page.setDefaultTimeout(15_000);
  t.teardown(() => opened.context.close());
  return opened;
}
const texts = (page: Page) => page.locator('[data-seq] p[dir=auto]').allTextContents();
const field = (page: Page) => page.getByRole('textbox', { name: /Écrire un message|Write a message/ });
async function write(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press('Enter');
}
/** The supervisor's page with his conversation with this agent, opened as he would: from the agent's menu, by keyboard. */
async function openFromRow(page: Page, agentId: string): Promise<void> {
  await page.locator(`[data-agent-id="${agentId}"]`).first().click();
  await page.keyboard.press('c');
  await field(page).waitFor();
}

t.test('supervisor and agent write to one another live, and each sees what is unread and read', async (t) => {
  const chat = await server(t);
  const sam = await open(t, chat, 'sam', '/');
  const alice = await open(t, chat, 'alice', '/agent', { language: 'en', theme: 'dark' });
  await openFromRow(sam.page, chat.idOf('alice'));
  await write(sam.page, 'Pensez au **script**');
  const thread = alice.page.getByRole('list', { name: 'Conversations' }).getByRole('button');
  await thread.getByLabel('1 unread message').waitFor();
  await assertAccessible(t, alice.page, 'the agent’s list of conversations');
  await thread.click();
  await alice.page.locator('[data-seq="1"]').waitFor();
  await sam.page.getByText('Vu', { exact: true }).waitFor();
  await field(alice.page).pressSequentially('Bien');
  await sam.page.locator('[data-typing]').waitFor();
  await field(alice.page).press('Shift+Enter');
  await field(alice.page).pressSequentially('reçu <b>');
  await field(alice.page).press('Enter');
  await sam.page.locator('[data-seq="2"]').waitFor();
  t.same(await texts(sam.page), ['Pensez au **script**', 'Bien\nreçu <b>']);
  for (const [name, { page, complaints }] of Object.entries({ sam, alice })) {
    await assertAccessible(t, page, `the conversation of ${name}`);
    await assertFits(t, page, `the conversation of ${name}`);
    t.same(complaints, []);
  }
  await sam.page.keyboard.press('Escape');
  await sam.page.locator('[data-chat-pane]').waitFor({ state: 'detached' });
  t.equal(await sam.page.evaluate('document.activeElement.id'), 'chat-button', 'the focus goes back');
  await write(alice.page, 'Encore une question');
  await sam.page.locator('[data-unread]').waitFor();
  t.equal(await sam.page.locator('[data-unread]').textContent(), '1');
});

t.test(
  'a lost network loses nothing: what was written goes out, what was missed comes in, in order',
  async (t) => {
    const chat = await server(t);
    const sam = await open(t, chat, 'sam', '/');
    const alice = await open(t, chat, 'alice', '/agent');
    await openFromRow(sam.page, chat.idOf('alice'));
    await write(sam.page, 'un');
    await alice.page.getByRole('list', { name: 'Conversations' }).getByRole('button').click();
    await alice.page.getByText('un', { exact: true }).waitFor();
    await alice.context.setOffline(true);
    await write(alice.page, 'deux');
    await write(alice.page, 'trois');
    await alice.page.locator('[data-unsent=waiting]').first().waitFor();
    t.equal(await alice.page.locator('[data-unsent]').count(), 2, 'shown, and marked as not sent');
    await assertAccessible(t, alice.page, 'what is not sent yet');
    await write(sam.page, 'quatre');
    await alice.context.setOffline(false);
    const all = await waitFor(
      () => texts(alice.page),
      (shown) => shown.length === 4,
      30_000,
    );
    t.same(all, ['un', 'quatre', 'deux', 'trois']);
    await waitFor(
      () => texts(sam.page),
      (shown) => shown.join() === all.join(),
      15_000,
    );
    t.equal(await alice.page.locator('[data-unsent]').count(), 0);
  },
);

t.test('10,000 messages stay smooth, and the longest, bidi and HTML are only text', async (t) => {
  const chat = await server(t);
  const [agentId, supervisorId] = [chat.idOf('bruno'), chat.idOf('sam')];
  const total = 10_000;
  const sam = await open(t, chat, 'sam', '/');
  const viewer = chat.sessions.viewer(supervisorId)!;
  const first = await chat.chat.service.send(viewer, { agentId, supervisorId, clientId: v7(), text: 'n° 1' });
  const hostile = `<img src=x onerror="document.title='owned'"> \u202Eesrever محمد`;
  const longest = 'mot '.repeat(1_000).trim().padEnd(4_000, 'x');
  for (let from = 2; from < total - 1; from += 500) {
    const rows = Array.from({ length: Math.min(500, total - 1 - from) }, (_, i) => ({
      ...{ id: v7(), thread_id: first.threadId, seq: from + i, client_id: v7(), author_id: agentId },
      ...{ author_name: 'Bruno', text: `n° ${from + i}`, words: '', sent_at: new Date() },
    }));
    await chat.db.insertInto('chat_messages').values(rows).execute();
  }
  await chat.db
    .updateTable('chat_threads')
    .set({ last_seq: total - 2 })
    .execute();
  for (const text of [longest, hostile])
    await chat.chat.service.send(viewer, { agentId, supervisorId, clientId: v7(), text });
  await openFromRow(sam.page, agentId);
  await sam.page.getByText(hostile).waitFor();
  const scroller = sam.page.getByRole('log');
  await scroller.hover();
  const startedMs = Date.now();
  const oldest = () => sam.page.locator('[data-seq]').first().getAttribute('data-seq');
  await waitFor(
    async () => {
      await sam.page.mouse.wheel(0, -100_000);
      return oldest();
    },
    (seq) => seq === '1',
    90_000,
  );
  t.comment(`all ${total} read to the first in ${Date.now() - startedMs} ms`);
  t.ok((await sam.page.locator('[data-seq]').count()) < 60, 'drawn only where the eye is');
  const frames = (await sam.page.evaluate(`(async () => {
    const element = document.querySelector('[role=log]');
    const gaps = [];
    let last = performance.now();
    for (let i = 0; i < 90; i++) {
      element.scrollTop += 900;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      gaps.push(now - last);
      last = now;
    }
    return gaps.sort((a, b) => a - b);
  })()`)) as number[];
  t.comment(`frames while scrolling: median ${frames[45]} ms, p95 ${frames[85]} ms`);
  t.ok(frames[45]! < 50, 'half of the frames within 50 ms');
  t.not(await sam.page.title(), 'owned');
  await write(sam.page, 'dernier');
  await sam.page.getByText('dernier', { exact: true }).waitFor();
  const fromEnd = `(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(
    document.querySelector('[role=log]'))`;
  await waitFor(
    () => sam.page.evaluate(fromEnd),
    (px) => (px as number) < 60,
    5_000,
  );
  t.same(sam.complaints, []);
});

t.test('a refused message stays, says why, and goes out when it may', async (t) => {
  const chat = await server(t);
  const { page } = await open(t, chat, 'sam', '/', { theme: 'dark' });
  await openFromRow(page, chat.idOf('alice'));
  await field(page).fill('x'.repeat(4_001));
  const send = page.getByRole('button', { name: 'Envoyer' });
  t.ok(await send.isDisabled(), 'too long is not sent at all');
  await field(page).fill('é<b>'.repeat(25_000));
  t.ok(await send.isDisabled(), 'nor are 100 kB of HTML');
  await assertAccessible(t, page, 'a message that is too long');
  const [agentId, supervisorId] = [chat.idOf('alice'), chat.idOf('sam')];
  const whole = { agentId, supervisorId, clientId: v7(), text: 'é<b>'.repeat(25_000) };
  const forced = await page.request.post(`${chat.url}/api/chat/messages`, {
    data: whole,
    headers: { origin: chat.url },
  });
  t.match([forced.status(), await forced.json()], [413, { code: 'message-too-long' }]);
  await page.route('**/api/chat/messages', (route) =>
    route.fulfill({ status: 409, json: { code: 'agent-not-connected' } }),
  );
  await write(page, 'x'.repeat(4_000));
  await page.locator('[data-unsent=refused]').waitFor();
  await assertAccessible(t, page, 'a refused message');
  await page.unroute('**/api/chat/messages');
  await page.getByRole('button', { name: 'Renvoyer' }).click();
  await page.locator('[data-seq="1"]').waitFor();
  t.equal(await page.locator('[data-unsent]').count(), 0);
});

t.test('a team is written to from the chat, by ready-made words, and search finds it again', async (t) => {
  const chat = await server(t);
  const { page, complaints } = await open(t, chat, 'max', '/');
  await page.locator('#chat-button').click();
  await page.getByRole('button', { name: 'Autres actions' }).last().click();
  await page.getByRole('menuitem', { name: 'Messages tout prêts…' }).click();
  await page.getByRole('textbox', { name: 'Messages tout prêts' }).fill('Réunion à 15 h\nPensez au script');
  await assertAccessible(t, page, 'the editor of ready-made messages');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.getByRole('button', { name: 'Autres actions' }).last().click();
  await page.getByRole('menuitem', { name: 'Écrire à une équipe…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Réunion à 15 h' }).click();
  await assertAccessible(t, page, 'the broadcast');
  await dialog.getByRole('button', { name: 'Envoyer' }).click();
  await dialog.getByText('Envoyé à 2 agents').waitFor();
  await dialog.getByRole('button', { name: 'Fermer' }).last().click();
  await page.getByRole('searchbox').fill('reunion');
  const found = page.getByRole('list', { name: 'Messages trouvés' }).getByRole('button');
  await found.first().waitFor();
  t.equal(await found.count(), 2);
  await assertAccessible(t, page, 'what was found');
  await found.first().click();
  await page.getByText('Réunion à 15 h').last().waitFor();
  t.same(complaints, []);
});
