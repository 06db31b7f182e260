/**
 * Listening without Vigie as people see it: a ChanSpy and another program's snoop on a real PBX, on the supervisor's board
 * and in his alerts, and on the page of the agent who is heard, as far as the policy has agents told.
 */
import type { Page } from 'playwright-core';
import t from 'tap';
import { createLabAri } from '../../scripts/lab/ari.ts';
import { startLab } from '../../scripts/lab/index.ts';
import { defaultPolicy, type Policy } from '../../src/contract/policy.ts';
import { freshDataDir, runVigie, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, openPage, type PageOptions } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';
import { assertAccessible, assertFits } from './support/panel-page.ts';

const password = 'correct horse battery';
const stepLimitMs = 20_000;
const dialplan = `
[codes](+)
exten => 5551,1,ChanSpy(PJSIP/1001,q)
`;

ensurePanelBuilt();
const lab = await startLab({ name: 'heard', pbx: { dialplan } });
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

for (const given of [
  [
    '--login',
    'alice',
    '--name',
    'Alice Martin',
    '--role',
    'agent',
    '--team',
    'N',
    '--endpoint',
    'PJSIP/1001',
  ],
  ['--login', 'bruno', '--name', 'Bruno Petit', '--role', 'agent', '--team', 'N', '--endpoint', 'PJSIP/1002'],
  ['--login', 'sophie', '--name', 'Sophie Bernard', '--role', 'supervisor', '--team', 'N'],
  ['--login', 'serge', '--name', 'Serge Autre', '--role', 'supervisor', '--team', 'S'],
  ['--login', 'mara', '--name', 'Mara', '--role', 'manager', '--role', 'admin', '--endpoint', 'PJSIP/1901'],
]) {
  const ran = await runVigie(['user', 'add', ...given], settings, `${password}\n`);
  if (ran.code !== 0) throw new Error(ran.err);
}

async function signIn(login: string, options: PageOptions = {}) {
  const opened = await openPage(browser, server.address, { language: 'fr', ...options });
  t.teardown(() => opened.context.close());
  opened.page.setDefaultTimeout(stepLimitMs);
  await opened.page.fill('input[name=login]', login);
  await opened.page.fill('input[name=password]', password);
  await opened.page.keyboard.press('Enter');
  await opened.page.waitForSelector(login === 'alice' || login === 'bruno' ? '[data-do=pause]' : 'nav');
  return opened;
}

/** By the manager's own session. */
async function setPolicy(page: Page, part: Partial<Policy>): Promise<void> {
  const origin = server.address;
  const data = { ...defaultPolicy, ...part };
  const reply = await page.request.put(`${origin}/api/policy`, { data, headers: { origin } });
  if (!reply.ok()) throw new Error(await reply.text());
}
const agentSays = async (page: Page): Promise<string[]> =>
  (await page.locator('[data-heard-outside]').allTextContents()).map((text) => text.trim());
const says = (page: Page, lines: string[]) =>
  waitFor(
    () => agentSays(page),
    (now) => now.join('|') === lines.join('|'),
    stepLimitMs,
  );
const rowOf = (page: Page) => page.locator('[role=row][data-agent-id]', { hasText: 'Alice Martin' });

t.test(
  'Who is heard by a ChanSpy or a foreign snoop is told so, on the board, in the alerts, on her page',
  async (t) => {
    const alice = await signIn('alice', { size: [380, 720] });
    const bruno = await signIn('bruno', { size: [380, 720] });
    const sophie = await signIn('sophie');
    const serge = await signIn('serge');
    const mara = await signIn('mara');
    const customer = await lab.phones.call({ from: 'customer', callerId: '0612345678', to: '1001' });
    await customer.waitAnswered();
    await rowOf(sophie.page).getByText('En appel').waitFor();

    const spy = await lab.phones.call({ from: '1901', to: '5551' });
    const badge = rowOf(sophie.page).locator('[data-outside]');
    await badge.waitFor();
    t.equal(await badge.getAttribute('title'), 'Écouté hors de Vigie : Mara', 'by whom: whose phone it is');
    await says(alice.page, ['Cet appel est écouté hors de Vigie']);
    t.same(await agentSays(bruno.page), [], 'a colleague is told nothing');
    t.equal(await serge.page.locator('[data-outside]').count(), 0, 'nor is the supervisor of another team');
    t.equal(await alice.page.locator('[data-supervised]').count(), 0, 'it is no listening of ours');
    await assertAccessible(t, alice.page, 'the page of who is heard');
    await assertFits(t, alice.page, 'the page of who is heard');
    await assertAccessible(t, sophie.page, 'the board');

    await sophie.page.getByRole('button', { name: /alerte/ }).click();
    const alert = sophie.page.locator('li[data-kind=heard-outside]');
    await alert.waitFor();
    t.match(await alert.textContent(), /Alice Martin.*écouté hors de Vigie.*0:\d\d/);
    await assertAccessible(t, sophie.page, 'the alert');
    await alert.getByRole('button').click();
    await waitFor(
      () => sophie.page.locator('[role=row][data-agent-id]').count(),
      (count) => count === 1,
    );

    await setPolicy(mara.page, { informAgentWho: true });
    await says(alice.page, ['Cet appel est écouté hors de Vigie, par Mara']);
    const second = createLabAri(lab.pbx.ariUrl, lab.pbx.secondAri.username, lab.pbx.secondAri.password);
    const socket = await second.events('other-panel', () => {});
    t.teardown(() => socket.close());
    const leg = (await lab.pbx.channels()).find(({ name }) => name.startsWith('PJSIP/1001'))!;
    const snooped = { app: 'other-panel', spy: 'both' };
    const snoop = await second.request<{ id: string }>('POST', `/channels/${leg.uniqueId}/snoop`, snooped);
    await badge.getByText('+1').waitFor();
    await says(alice.page, [
      'Cet appel est écouté hors de Vigie, par Mara',
      'Cet appel est écouté hors de Vigie, par other-panel',
    ]);

    // Where periods are announced and nobody is told while it lasts, this is not told either.
    const always = { days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '00:00', teamIds: [], agentIds: [] };
    await setPolicy(mara.page, {
      informAgent: 'never',
      windows: [{ ...always, firstDay: null, lastDay: null }],
    });
    await says(alice.page, []);
    await setPolicy(mara.page, {});
    await says(alice.page, ['Cet appel est écouté hors de Vigie', 'Cet appel est écouté hors de Vigie']);

    await second.request('DELETE', `/channels/${snoop.id}`);
    await says(alice.page, ['Cet appel est écouté hors de Vigie']);
    await spy.hangup();
    await says(alice.page, []);
    await badge.waitFor({ state: 'detached' });
    await sophie.page.getByRole('button', { name: /alerte/ }).click();
    t.equal(await alert.count(), 0, 'and no alert stays');
    await customer.hangup();
    for (const { complaints } of [alice, bruno, sophie, serge, mara]) t.same(complaints, []);
  },
);
