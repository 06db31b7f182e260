import t from 'tap';
import { waitFor } from '../support/wait-for.ts';
import { agentRow, assertAccessible, startPanelBrowser } from './support/panel-page.ts';

const open = await startPanelBrowser(t);

t.test('With nobody yet, the PBX’s endpoints are offered and added by one click', async (t) => {
  const { page, fixture } = await open(t, { agents: 0 });
  await page.waitForSelector('text=Personne à la vigie');
  await assertAccessible(t, page, 'no agents');
  await page.click('[aria-label="Ajouter PJSIP/1001"]');
  await page.waitForSelector('text=Alice Martin a été ajouté');
  t.match(fixture.requests.find(({ method }) => method === 'POST')?.body, {
    name: 'Alice Martin',
    endpoint: 'PJSIP/1001',
  });
});

t.test('With nobody yet, all of the PBX’s endpoints become agents by one click', async (t) => {
  const { page, fixture } = await open(t, { agents: 0 });
  await page.click('text=Ajouter les 2');
  await page.waitForSelector('text=2 agents ont été ajoutés');
  const added = fixture.requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
  t.same(added, [
    { name: 'Alice Martin', endpoint: 'PJSIP/1001', pbx: 'main' },
    { name: 'PJSIP/1002', endpoint: 'PJSIP/1002', pbx: 'main' },
  ]);
});

t.test('A queue bears the name people gave it, its PBX name one hover away', async (t) => {
  const { page } = await open(t, { agents: 30 });
  const cell = page.locator(`${agentRow} bdi[title=support]`).first();
  await cell.waitFor();
  t.equal(await cell.textContent(), 'Support');
  await page.goto(new URL('/calls', page.url()).href);
  await page.locator('tbody bdi[title=support]').first().waitFor();
  t.equal(await page.locator('tbody bdi[title=support]').first().textContent(), 'Support');
});

t.test('Who has no phone to listen with is told what to do, by what he may do', async (t) => {
  const { page } = await open(t, { agents: 3, device: null });
  await page.click('text=Ouvrir les comptes d’accès');
  await page.waitForSelector('h1:has-text("Comptes d’accès")');
  const { page: his } = await open(t, { agents: 3, device: null, roles: ['supervisor'] });
  await his.waitForSelector('text=demandez à un administrateur');
  t.equal(await his.locator('text=Ouvrir les comptes d’accès').count(), 0);
});

t.test('Queue members of an agent are typed in and sent', async (t) => {
  const { page, fixture } = await open(t, { agents: 3, path: '/admin/agents' });
  await page.locator('tbody button').first().click();
  await page.getByLabel('Membres de file').fill('Local/1001@from-queue/n');
  await page.click('[role=dialog] button[type=submit]');
  await page.waitForSelector('[role=dialog]', { state: 'detached' });
  t.match(fixture.requests.find(({ method }) => method === 'PATCH')?.body, {
    interfaces: ['Local/1001@from-queue/n'],
  });
});

t.test('Pause reasons are added, put in order, removed and saved', async (t) => {
  const { page, fixture } = await open(t, { agents: 3, path: '/admin/pauses', language: 'en' });
  await page.click('text=Add a reason');
  await page.getByLabel('Reason 3', { exact: true }).fill('Déjeuner');
  await page.click('button[type=submit]');
  await page.waitForSelector('text=Two reasons have the same name.');
  await page.getByLabel('Reason 3', { exact: true }).fill('  Coffee ');
  await page.getByLabel('Too long after (minutes)').nth(2).fill('15');
  await page.getByLabel('Move reason 3 up').click();
  await page.getByLabel('Remove reason 1').click();
  await page.click('button[type=submit]');
  await page.waitForSelector('text=Reasons saved');
  const items = [
    { name: 'Coffee', overMinutes: 15 },
    { name: 'Formation', overMinutes: null },
  ];
  t.same(fixture.requests.find(({ method }) => method === 'PUT')?.body, { items });
});

t.test('An agent whose only phone is in his browser is saved so', async (t) => {
  const { page, fixture } = await open(t, { agents: 3, path: '/admin/agents?add', language: 'en' });
  await page.fill('[role=dialog] input[data-autofocus]', 'Nora');
  await page.locator('[role=dialog] label:has-text("Phone in the browser")').click();
  await page.click('[role=dialog] button[type=submit]');
  await page.waitForSelector('[role=dialog]', { state: 'detached' });
  t.match(fixture.requests.find(({ method }) => method === 'POST')?.body, {
    devices: [],
    browserPhone: true,
  });
});

t.test('Calls: filtered, paged, opened, exported with the same filters', async (t) => {
  const { page, fixture } = await open(t, { agents: 30, path: '/calls' });
  await page.waitForSelector('tbody tr');
  t.equal(await page.locator('tbody tr').count(), 100);
  await page.click('text=Afficher la suite');
  await waitFor(
    () => page.locator('tbody tr').count(),
    (n) => n === 200,
  );
  await page.click('input[placeholder="Résultat"]');
  await page.click('[role=option] >> text=Abandonné');
  await waitFor(
    () => page.locator('tbody tr').count(),
    (n) => n === 40,
  );
  t.match(
    await page.locator('a[download]').getAttribute('href'),
    /\/api\/calls\.csv\?from=.*&state=abandoned/,
  );
  t.match(fixture.requests.at(-1)?.url, /state=abandoned/);
  await page.click('tbody a >> nth=0');
  await page.waitForSelector('text=Abandon en file');
  await page.waitForSelector('#call-timeline');
  await assertAccessible(t, page, 'a call');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#call-timeline', { state: 'detached' });
  t.match(page.url(), /\/calls\?.*state=abandoned/, 'the filters stay');
});

t.test('A CSV file with mistakes is refused with its list of lines', async (t) => {
  const { page } = await open(t, { agents: 3, path: '/admin/agents?import' });
  await page.waitForSelector('[role=dialog]');
  const file = (content: string) => ({
    name: 'agents.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(content),
  });
  await page.setInputFiles('input[type=file]', file('name;endpoint\nwrong'));
  await page.click('[role=dialog] button[type=submit]');
  await page.waitForSelector('text=Rien n’a été importé');
  t.same(await page.locator('[role=dialog] tbody tr td:first-child').allTextContents(), ['3', '7']);
  await page.waitForSelector('text=Un poste libre est attendu');
  await page.setInputFiles('input[type=file]', file('name;endpoint\nAlice;PJSIP/1001'));
  await page.click('[role=dialog] button[type=submit]');
  await page.waitForSelector('text=2 lignes importées');
});

t.test('An administrator alone sees his own pages and nothing to listen to', async (t) => {
  const { page } = await open(t, { agents: 3, roles: ['admin'] });
  await page.waitForSelector('tbody tr');
  t.match(page.url(), /\/admin\/agents/);
  t.equal(await page.locator('text=Panneau Live').count(), 0);
});

t.test('Language and theme are switched, and stay', async (t) => {
  const { page } = await open(t, { agents: 3, path: '/account' });
  await page.click('label:has-text("English")');
  await page.waitForSelector('text=My account');
  await page.click('label:has-text("Dark")');
  await page.reload();
  await page.waitForSelector('h1:has-text("My account")');
  t.equal(await page.getAttribute('html', 'lang'), 'en');
  t.equal(await page.getAttribute('html', 'data-mantine-color-scheme'), 'dark');
});

t.test('A server that does not say who is signed in is waited for, in words, without a click', async (t) => {
  const { page, fixture } = await open(t, { agents: 3 });
  await page.waitForSelector(agentRow);
  for (const [code, says] of [
    ['database-unavailable', 'La base de données ne répond pas.'],
    ['internal', 'Quelque chose a échoué ici'],
  ] as const) {
    fixture.failures.set('GET /api/session', code);
    await page.reload();
    await page.getByText(says).waitFor();
    await page.getByText('Nouvel essai automatique').waitFor();
    await assertAccessible(t, page, code);
    fixture.failures.clear();
    await page.waitForSelector(agentRow);
  }
});

t.test('At 1280 × 720 nothing of the menu, of a result or of an alert on the wall is cut', async (t) => {
  const wide = {
    agents: 60,
    roles: ['admin' as const, 'manager' as const],
    size: [1280, 720] as [number, number],
  };
  const { page } = await open(t, { ...wide, path: '/calls' });
  await page.waitForSelector('tbody tr');
  const last = await page.locator('nav button').last().boundingBox();
  t.ok(last!.y + last!.height <= 720, `the menu ends at ${last!.y + last!.height}`);
  const cutOf = (selector: string) =>
    page.evaluate(
      `[...document.querySelectorAll('${selector}')].filter((one) => one.scrollWidth > one.clientWidth).length`,
    );
  t.equal(await cutOf('td:has(> [data-state])'), 0, 'no result is wider than its column');
  const { page: wall } = await open(t, { ...wide, path: '/wall', hostile: true });
  await wall.waitForSelector('li[data-kind]');
  const cutOnWall = await wall.evaluate(
    `[...document.querySelectorAll('li[data-kind] > span, li[data-more]')].filter(
      (one) => one.scrollWidth > one.clientWidth || one.getBoundingClientRect().right > innerWidth).length`,
  );
  t.equal(cutOnWall, 0, 'what is the matter is read whole, however long the name');
});
