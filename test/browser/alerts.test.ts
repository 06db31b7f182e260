import t from 'tap';
import { agentRow, assertAccessible, assertFits, startPanelBrowser } from './support/panel-page.ts';

const open = await startPanelBrowser(t);
const hourAgo = () => new Date(Date.now() - 3_600_000).toISOString();

t.test('What is too long is counted, listed, and leads to its row, by keyboard alone', async (t) => {
  const { page, fixture } = await open(t, { agents: 30 });
  const bell = page.getByRole('button', { name: /alerte/ });
  await bell.waitFor();
  const [, second] = fixture.floor().agents;
  fixture.change({
    agents: [
      { ...second!, name: 'Zoé Longue-Pause', state: 'paused', since: hourAgo(), calls: [], help: null },
    ],
  });
  await bell.focus();
  await page.keyboard.press('Enter');
  const entry = page.getByRole('button', { name: /Zoé Longue-Pause.*pause trop longue/ });
  await entry.waitFor();
  await assertAccessible(t, page, 'the list of alerts');
  await entry.focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(`document.querySelectorAll('${agentRow}').length === 1`);
});

t.test('A call for help comes before everything else', async (t) => {
  const { page, fixture } = await open(t, { agents: 30 });
  const last = fixture.floor().agents.at(-1)!;
  fixture.change({
    agents: [{ ...last, help: { since: new Date().toISOString(), text: 'client agressif' } }],
  });
  await page.getByRole('button', { name: /alerte/ }).click();
  await page.waitForSelector('[data-kind=help]');
  t.equal(await page.locator('li[data-kind]').first().getAttribute('data-kind'), 'help');
});

t.test('The wall shows totals and queues without a caller’s name or number, and fits', async (t) => {
  for (const [agents, dark] of [
    [0, false],
    [100, true],
    [1_000, false],
  ] as const) {
    const { page } = await open(t, { agents, path: '/wall', theme: dark ? 'dark' : 'light' });
    await page.waitForSelector('h1');
    await assertAccessible(t, page, `the wall with ${agents} agents`);
    await assertFits(t, page, `the wall with ${agents} agents`);
    const text = (await page.textContent('body')) ?? '';
    t.notMatch(text, /0[1-9](?:\d\d){4}/, 'no number of a caller');
  }
});

t.test('Thresholds are set by an administrator’s form; an empty field is never', async (t) => {
  const { page, fixture } = await open(t, { agents: 3, path: '/admin/alerts' });
  await page.getByLabel('En pause plus de').fill('');
  await page.getByLabel('En post-appel plus de').fill('2');
  await assertAccessible(t, page, 'the form of thresholds');
  await page.click('button[type=submit]');
  await page.waitForSelector('text=Seuils enregistrés');
  t.match(fixture.requests.find(({ method }) => method === 'PUT')?.body, {
    agents: { pausedMs: null, wrapUpMs: 120_000 },
  });
});
