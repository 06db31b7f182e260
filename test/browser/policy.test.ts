import t from 'tap';
import type { GridEdit, NewEvaluation } from '../../src/contract/evaluations.ts';
import type { Policy } from '../../src/contract/policy.ts';
import { waitFor } from '../support/wait-for.ts';
import { idOf } from './support/ids.ts';
import { assertAccessible, assertFits, startPanelBrowser } from './support/panel-page.ts';

const open = await startPanelBrowser(t);

t.test(
  'The policy is read section by section, changed and sent whole, from the version that was shown',
  async (t) => {
    const { page, fixture } = await open(t, { agents: 3, path: '/admin/policy' });
    await page.waitForSelector('legend:has-text("Périodes d’écoute")');
    for (const name of [
      'Motif',
      'Information de l’agent',
      'Appels jamais écoutés',
      'Droits retirés',
      'Conservation',
    ])
      t.equal(await page.locator('legend', { hasText: name }).count(), 1, name);
    await page.getByLabel('Les appels entre collègues et les consultations').check({ force: true });
    await page.getByLabel('Par un repère et un signal sonore').check();
    await page.getByLabel(/^À/).first().fill('07:00');
    await page.waitForSelector('text=jusqu’au lendemain');
    const numbers = page.getByRole('combobox', { name: 'Numéros' });
    await numbers.fill('01 23-45.67');
    await numbers.press('Enter');
    await page.getByRole('textbox', { name: 'Appels', exact: true }).fill('90');
    await page.getByLabel('Écoute persistante, au plus (minutes)').fill('45');
    await page.locator('form').first().locator('button[type=submit]').click();
    await page.waitForSelector('text=La politique est en vigueur');
    const sent = fixture.requests.find(({ method, url }) => method === 'PUT' && url === '/api/policy');
    const policy = sent!.body as Policy;
    t.match(policy, {
      protectInternalCalls: true,
      informAgent: 'beep',
      protectedNumbers: ['0800*', '+33612345678', '01234567'],
      persistentMinutesMax: 45,
      retentionDays: { calls: 90, audit: 365 },
    });
    t.match(policy.windows[0], { from: '09:00', to: '07:00', firstDay: '2026-11-01' });
  },
);

t.test('A policy the server refuses says in words what is wrong, and nothing typed is lost', async (t) => {
  const { page, fixture } = await open(t, { agents: 3, path: '/admin/policy' });
  const limit = page.getByLabel('Écoute persistante, au plus (minutes)');
  await limit.fill('45');
  fixture.failures.set('PUT /api/policy', 'policy-changed-meanwhile');
  const save = page.locator('form').first().locator('button[type=submit]');
  await save.click();
  await page.waitForSelector('[role=alert]:has-text("Quelqu’un d’autre a modifié la politique")');
  t.equal(await limit.inputValue(), '45');
});

t.test('Who may only see the policy changes nothing of it', async (t) => {
  const { page } = await open(t, { agents: 3, path: '/admin/policy', roles: ['supervisor'] });
  await page.waitForSelector('text=Seul un responsable ou un administrateur');
  t.ok(await page.getByLabel('Un motif est exigé').isDisabled());
  t.equal(await page.locator('main button[type=submit]').count(), 0);
});

t.test('The grid of marks is defined by its criteria', async (t) => {
  const { page, fixture } = await open(t, { agents: 3, path: '/admin/policy' });
  await page.click('text=Ajouter un critère');
  await page.getByRole('textbox', { name: 'Critère 3' }).fill('Courtoisie');
  await page.click('[aria-label="Retirer le critère 1"]');
  await page.locator('form').nth(1).locator('button[type=submit]').click();
  await page.waitForSelector('text=La grille est enregistrée');
  const sent = fixture.requests.find(({ url, method }) => url === '/api/evaluation-grid' && method === 'PUT');
  const { criteria } = sent!.body as GridEdit;
  t.match(criteria, [{ id: 'solution' }, { label: 'Courtoisie', max: 5, weight: 1 }]);
  t.match(criteria[1]!.id, /^[a-f0-9]{16}$/);
});

t.test('A call is evaluated beside its timeline, by keyboard, and the evaluation stands there', async (t) => {
  const { page, fixture } = await open(t, { agents: 3, path: `/calls/${idOf('call', 0)}?days=all` });
  await page.waitForSelector('#call-evaluations');
  await page.getByRole('button', { name: 'Évaluer l’appel' }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Accueil (sur 5)').fill('9');
  t.equal(await page.getByLabel('Accueil (sur 5)').inputValue(), '', 'no more than there is to give');
  await page.getByLabel('Accueil (sur 5)').fill('4');
  await page.getByLabel('Commentaire').fill('Bien <b>joué</b>');
  await assertAccessible(t, page, 'the form');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('p:has-text("Bien <b>joué</b>")');
  const sent = fixture.requests.find(({ method }) => method === 'POST')?.body as NewEvaluation;
  t.match(sent, { gridVersion: 1, marks: { accueil: 4 }, comment: 'Bien <b>joué</b>' });
  t.equal(await page.getByRole('button', { name: 'Évaluer l’appel' }).count(), 0, 'one a call');
});

t.test('Once a supervision has ended, its call is offered for evaluation', async (t) => {
  const { page, fixture } = await open(t, { agents: 30 });
  const at = new Date().toISOString();
  const agent = fixture.floor().agents[0]!;
  const row = {
    id: idOf('supervision', 77),
    agentId: agent.id,
    by: fixture.me,
    calls: [{ callId: idOf('call', 0), from: at, to: null }],
    mode: 'listen' as const,
    scope: 'call' as const,
    device: 'phone' as const,
    state: 'live' as const,
    reason: 'Formation',
    startedAt: at,
    endedAt: null,
    endedBecause: null,
    onHold: false,
    paused: false,
    endsAt: null,
    question: null,
    unheard: null,
  };
  await page.waitForSelector('[role=row][data-agent-id]');
  fixture.change({ supervisions: [row] });
  await page.waitForSelector('text=Arrêter');
  fixture.endSupervision(row.id, 'caller-objected');
  await page.locator('main ~ div a:has-text("Évaluer l’appel")').click();
  await page.waitForSelector('[role=dialog] >> text=Accueil (sur 5)');
  t.match(page.url(), new RegExp(`/calls/${idOf('call', 0)}`));
});

t.test('Evaluations are listed, filtered by the address, exported with the same filters', async (t) => {
  const { page, fixture } = await open(t, { agents: 30, path: '/evaluations' });
  await page.waitForSelector('tbody tr');
  t.equal(await page.locator('tbody tr').count(), 2);
  await page.getByLabel('Note minimale').fill('60');
  await waitFor(
    async () => fixture.requests.some(({ url }) => /\/api\/evaluations\?.*scoreMin=60/.test(url)),
    (asked) => asked,
  );
  t.match(await page.locator('a[download]').getAttribute('href'), /\/api\/evaluations\.csv\?scoreMin=60$/);
  t.match(page.url(), /scoreMin=60/);
  await page.locator('tbody a').first().click();
  await page.waitForSelector('#call-timeline');
});

t.test('A private call and an objection are seen on the board and in the record', async (t) => {
  const { page, fixture } = await open(t, { agents: 30 });
  const call = fixture.floor().calls.find(({ state }) => state === 'in-progress')!;
  await page.waitForSelector('[role=row][data-agent-id]');
  const mark = {
    kind: 'private' as const,
    by: { id: idOf('agent', 1), name: 'Alice' },
    from: call.startedAt,
    to: null,
  };
  fixture.change({ calls: fixture.floor().calls.map((one) => ({ ...one, marks: [mark] })) });
  await page.locator('label:has-text("Appels en cours")').click();
  await page.locator('text=Appel privé').first().waitFor();
  await assertAccessible(t, page, 'the board');
});

for (const [language, theme] of [
  ['fr', 'light'],
  ['en', 'dark'],
] as const) {
  t.test(`The pages are accessible and fit the window (${language}, ${theme})`, async (t) => {
    for (const path of ['/admin/policy', '/evaluations', `/calls/${idOf('call', 1)}?days=all`]) {
      const { page, complaints } = await open(t, { agents: 30, path, language, theme });
      await page.waitForSelector(path.startsWith('/calls') ? '#call-evaluations' : 'h1');
      await page.waitForLoadState('networkidle');
      await assertAccessible(t, page, `${path} ${language}`);
      await assertFits(t, page, path);
      t.same(complaints, []);
      const shots = process.env['VIGIE_SHOTS'];
      if (!shots) continue;
      const name = `${shots}/${path.split('/')[1]}${path.includes('policy') ? '-policy' : ''}-${language}`;
      await page.screenshot({ path: `${name}.png` });
      if (path !== '/admin/policy') continue;
      for (const part of [1, 2, 3, 4]) {
        await page.evaluate(`document.querySelector('main').scrollTo(0, ${part * 640})`);
        await page.screenshot({ path: `${name}-${part}.png` });
      }
    }
  });
}
