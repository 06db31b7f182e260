/** The agent's own page and the panel's actions on him, in Chromium, in front of the real server and a real PBX. */
import type { Page } from 'playwright-core';
import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import { freshDataDir, runVigie, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, openPage, type PageOptions } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';
import { assertAccessible, assertFits } from './support/panel-page.ts';

const password = 'correct horse battery';
const stepLimitMs = 20_000;
/** The page often stands at the side of the screen. */
const narrow: [number, number] = [380, 720];

ensurePanelBuilt();
const lab = await startLab({ name: 'agent-page' });
t.teardown(() => lab.stop());
t.setTimeout(240_000);
const settings = {
  DATA_DIR: await freshDataDir(t),
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
  AMI_HOST: '127.0.0.1',
  AMI_PORT: String(lab.pbx.amiPort),
  AMI_USERNAME: 'careful',
  AMI_PASSWORD: lab.pbx.amiPassword,
};
const server = await serveVigie(t, settings);
const browser = await launchBrowser();
t.teardown(() => browser.close());

async function addPerson(login: string, name: string, ...more: string[]): Promise<void> {
  const given = ['user', 'add', '--login', login, '--name', name, '--team', 'North', ...more];
  const ran = await runVigie(given, settings, `${password}\n`);
  if (ran.code !== 0) throw new Error(ran.err);
}
await addPerson('alice', 'Alice <b>Martin</b>', '--role', 'agent', '--endpoint', 'PJSIP/1001');
await addPerson(
  'bruno',
  'Bruno Petit',
  '--role',
  'agent',
  '--role',
  'supervisor',
  '--endpoint',
  'PJSIP/1002',
);
await addPerson('sophie', 'Sophie Bernard', '--role', 'supervisor', '--endpoint', 'PJSIP/1901');

async function signIn(login: string, options: PageOptions & { path?: string } = {}) {
  const opened = await openPage(browser, server.address + (options.path ?? '/'), {
    language: 'en',
    ...options,
  });
  opened.page.setDefaultTimeout(stepLimitMs);
  await opened.page.fill('input[name=login]', login);
  await opened.page.fill('input[name=password]', password);
  await opened.page.keyboard.press('Enter');
  return opened;
}
const ownState = (page: Page) => page.locator('section', { has: page.locator('[data-do=pause]') });
const shows = (page: Page, text: RegExp) =>
  waitFor(
    () => ownState(page).textContent(),
    (now) => text.test(now ?? ''),
    stepLimitMs,
  );
const rowOf = (page: Page) => page.locator('[role=row][data-agent-id]', { hasText: 'Alice' });
/** The member's line of `queue show`. */
const onPbx = async (queue: string): Promise<string> =>
  (await lab.pbx.cli(`queue show ${queue}`)).split('\n').find((line) => line.includes('PJSIP/1001')) ?? '';

t.test('Who is only an agent lands on his own page; who is a supervisor as well goes to both', async (t) => {
  const alice = await signIn('alice');
  await alice.page.waitForURL('**/agent');
  await ownState(alice.page).waitFor();
  t.same(alice.complaints, []);
  await alice.context.close();
  const bruno = await signIn('bruno');
  await bruno.page.click('nav >> text=My agent page');
  await bruno.page.waitForURL('**/agent');
  await bruno.page.click('[aria-label=Menu]');
  await bruno.page.click('text=Live panel');
  await rowOf(bruno.page).waitFor();
  t.same(bruno.complaints, []);
  await bruno.context.close();
  const sophie = await signIn('sophie', { path: '/agent' });
  await rowOf(sophie.page).waitFor();
  t.equal(new URL(sophie.page.url()).pathname, '/', 'who is no agent has the panel');
  await sophie.context.close();
});

t.test('An agent pauses with a reason and resumes, by keyboard alone; the PBX has it', async (t) => {
  const { page, complaints, context } = await signIn('alice', { size: narrow });
  await shows(page, /Available/);
  await page.focus('[data-do=pause]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=menu]');
  await assertAccessible(t, page, 'the reasons');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await shows(page, /Paused\s*Déjeuner.*of 60 min/);
  t.match(await onPbx('sales'), /paused:Déjeuner/);
  await page.click('[data-do=unpause]');
  await shows(page, /Available/);
  t.notMatch(await onPbx('sales'), /paused/);
  await assertFits(t, page, 'at 380 px');
  t.same(complaints, []);
  await context.close();
});

t.test(
  'A request for help stands at the top of his supervisors’ panels, is heard with one click, and is taken with one',
  async (t) => {
    const agent = await signIn('alice', { size: narrow });
    const panel = await signIn('sophie', { language: 'fr', size: [1280, 720] });
    await rowOf(panel.page).waitFor();
    const customer = await lab.phones.call({
      from: 'customer',
      callerId: '0612345678',
      callerName: 'Dupont',
      to: '1001',
    });
    await waitFor(
      () => agent.page.textContent('[data-call]'),
      (text) => /On call.*Dupont/.test(text ?? ''),
      stepLimitMs,
    );
    await agent.page.fill('[aria-label^="What is happening"]', 'Il menace <script>alert(1)</script>');
    await agent.page.click('[data-do=help]');
    const alert = panel.page.locator('[data-help]');
    await alert.waitFor();
    t.match(await alert.textContent(), /Alice <b>Martin<\/b> demande de l’aide.*Il menace <script>/);
    await assertAccessible(t, panel.page, 'the panel with a request');
    await alert.locator('[data-help-action=listen]').click();
    await panel.page.waitForSelector('section[aria-label="Supervision en cours"]');
    await agent.page.waitForSelector('[data-supervised]');
    t.equal(
      (await agent.page.textContent('[data-supervised]'))?.trim(),
      'A supervisor listens to you',
      'who is not told by default',
    );
    await alert.locator('[data-help-action=taken]').click();
    await alert.waitFor({ state: 'detached' });
    await agent.page.waitForSelector('[data-do=help]');
    await customer.hangup();
    await agent.page.waitForSelector('[data-supervised]', { state: 'detached' });
    t.same([...agent.complaints, ...panel.complaints], []);
    await agent.context.close();
    await panel.context.close();
  },
);

t.test('A call that its agent marks as private is heard by nobody from then on', async (t) => {
  const agent = await signIn('alice');
  const panel = await signIn('sophie');
  await ownState(agent.page).waitFor();
  const customer = await lab.phones.call({ from: 'customer', callerId: '0612345678', to: '1001' });
  await rowOf(panel.page).locator('[data-action=listen]').waitFor();
  await agent.page.click('[data-mark=private]');
  await agent.page.waitForSelector('[data-mark=private][aria-pressed=true]');
  await rowOf(panel.page).locator('[data-action=listen]').waitFor({ state: 'detached' });
  await agent.page.click('[data-mark=private]');
  await rowOf(panel.page).locator('[data-action=listen]').waitFor();
  await customer.hangup();
  t.same([...agent.complaints, ...panel.complaints], []);
  await agent.context.close();
  await panel.context.close();
});

t.test(
  'The menu of a row does by keyboard what its agent’s queues allow, and says what it did otherwise',
  async (t) => {
    const { page, complaints, context } = await signIn('sophie');
    await rowOf(page).focus();
    await page.keyboard.press('m');
    await page.waitForSelector('[role=menu] [data-action=pause]');
    await assertAccessible(t, page, 'the menu');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[role=menu]', { state: 'detached' });
    t.equal(
      await page.evaluate('document.activeElement.hasAttribute("data-menu")'),
      true,
      'the row has the focus again',
    );
    await rowOf(page).locator('[data-menu]').click();
    await page.click('[role=menu] [data-action=edit-queues]');
    const dialog = page.locator('[role=dialog]');
    await dialog.locator('[aria-label="Remove from sales"]').waitFor();
    await assertAccessible(t, page, 'the queues');
    await dialog.locator('[aria-label="Remove from sales"]').click();
    await page.waitForSelector('text=cannot be removed from it; he is paused there');
    await dialog.locator('[aria-label="Put back into sales"]').click();
    await dialog.locator('[aria-label="Remove from sales"]').waitFor();
    await dialog.locator('input[placeholder="Choose a queue"]').fill('waiting');
    await page.click('[role=option]');
    await dialog.locator('button[type=submit]').click();
    await dialog.locator('[aria-label="Remove from waiting"]').click();
    await waitFor(
      () => onPbx('waiting'),
      (line) => line === '',
      stepLimitMs,
    );
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    await rowOf(page).focus();
    await page.keyboard.press('u');
    await dialog.locator('text=Formation').click();
    await assertAccessible(t, page, 'the pause');
    await dialog.locator('button[type=submit]').click();
    await waitFor(
      () => rowOf(page).textContent(),
      (text) => /Paused\s*Formation/.test(text ?? ''),
      stepLimitMs,
    );
    await dialog.waitFor({ state: 'detached' });
    await rowOf(page).focus();
    await page.keyboard.press('u');
    await waitFor(
      () => rowOf(page).textContent(),
      (text) => /Available/.test(text ?? ''),
      stepLimitMs,
    );
    await rowOf(page).focus();
    await page.keyboard.press('o');
    await dialog.locator('text=leaves all his queues').waitFor();
    await page.keyboard.press('Escape');
    t.same(complaints, []);
    await context.close();
  },
);

for (const language of ['fr', 'en'] as const)
  for (const theme of ['light', 'dark'] as const)
    t.test(`The agent page is accessible and fits 380 px, ${language}, ${theme}`, async (t) => {
      const { page, complaints, context } = await signIn('alice', { language, theme, size: narrow });
      await ownState(page).waitFor();
      await page.click('[data-do=help]');
      await page.waitForSelector('section[data-tone=signal]');
      const customer = await lab.phones.call({
        from: 'customer',
        callerId: '0612345678',
        callerName: 'D'.repeat(70),
        to: '1001',
      });
      await page.waitForSelector('[data-mark=objection]');
      await assertAccessible(t, page, 'in a call');
      await assertFits(t, page, 'in a call');
      await customer.hangup();
      await page.click('section[data-tone=signal] button');
      await page.waitForSelector('[data-do=help]');
      t.same(complaints, []);
      await context.close();
    });

t.test(
  'A connection that is lost is said calmly, and what is shown is true again when it is back',
  async (t) => {
    const { page, complaints, context } = await signIn('alice');
    await shows(page, /Available/);
    await context.setOffline(true);
    await page.evaluate('dispatchEvent(new Event("offline"))');
    await page.waitForSelector('text=Connection lost');
    await lab.pbx.cli('queue pause member PJSIP/1001 queue sales reason Away');
    for (const queue of ['hinted', 'ladder', 'wrapping'])
      await lab.pbx.cli(`queue pause member PJSIP/1001 queue ${queue} reason Away`);
    await context.setOffline(false);
    await shows(page, /Paused\s*Away/);
    await page.waitForSelector('text=Connection lost', { state: 'detached' });
    t.same(
      complaints.filter((one) => !/ERR_INTERNET_DISCONNECTED/.test(one)),
      [],
    );
    await context.close();
  },
);
