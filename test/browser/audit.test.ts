import t from 'tap';
import { waitFor } from '../support/wait-for.ts';
import { auditEntryCount, hostileName } from './support/fixture-audit.ts';
import { idOf } from './support/ids.ts';
import { assertAccessible, assertFits, startPanelBrowser } from './support/panel-page.ts';

const open = await startPanelBrowser(t);
const rows = 'tbody tr';
const tabbingLimitMs = 10_000;

t.test('Who did what to whom is listed to the last entry, and what others wrote stays text', async (t) => {
  const { page, complaints } = await open(t, { agents: 3, path: '/audit' });
  await page.waitForSelector(rows);
  t.equal(await page.locator(rows).count(), 100);
  const first = page.locator(rows).first();
  t.match(await first.innerText(), /Camille Roux[\s\S]*Écoute commencée[\s\S]*mode: whisper/);
  t.equal(await first.locator('td:nth-child(4) bdi').textContent(), hostileName);
  t.match(await page.locator(rows).nth(3).innerText(), /something\.new/, 'without words: its code');
  t.match(await page.locator(rows).nth(4).innerText(), /Système/);
  await page.getByRole('button', { name: 'Afficher la suite' }).click();
  await waitFor(
    () => page.locator(rows).count(),
    (count) => count === auditEntryCount,
  );
  await page.locator(`${rows} summary`).nth(3).focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('pre:has-text("</script>")');
  t.equal(await page.locator('main img, main script').count(), 0);
  t.same(complaints, []);
});

t.test('Each filter is sent, stands in the address and in the CSV', async (t) => {
  const { page, fixture } = await open(t, { agents: 3, path: '/audit?fromDay=2026-11-01&toDay=2026-11-30' });
  const csv = page.locator('a[download]');
  const asked = (part: RegExp) =>
    waitFor(() => fixture.requests.some(({ url }) => url.startsWith('/api/audit?') && part.test(url)));
  await page.waitForSelector(rows);
  await page.getByRole('combobox', { name: 'Action' }).fill('connexion');
  await page.getByRole('option', { name: 'Connexion', exact: true }).click();
  await asked(/action=session\.signed-in/);
  await page.getByRole('combobox', { name: 'Auteur' }).fill('Nadia');
  await page.getByRole('option', { name: 'Nadia Cohen' }).click();
  await asked(new RegExp(`actor=${idOf('person', 2)}`));
  await page.getByRole('combobox', { name: 'Personne concernée' }).fill(idOf('person', 77));
  await page.getByRole('option', { name: idOf('person', 77) }).click();
  await asked(new RegExp(`subject=${idOf('person', 77)}`));
  const call = page.getByLabel('Identifiant d’appel');
  await call.fill('not an id');
  await page.waitForSelector('text=Un identifiant est de la forme');
  t.notMatch(await csv.getAttribute('href'), /call=/, 'what is no id is not sent');
  await call.fill(idOf('call', 4));
  await asked(new RegExp(`call=${idOf('call', 4)}`));
  const href = new URL((await csv.getAttribute('href'))!, fixture.url);
  t.equal(href.pathname, '/api/audit.csv');
  t.match(Object.fromEntries(href.searchParams), {
    action: 'session.signed-in',
    actor: idOf('person', 2),
    subject: idOf('person', 77),
    call: idOf('call', 4),
    from: /^2026-(10-31|11-01)T/,
    to: /^2026-(11-30|12-01)T/,
  });
  await page.reload();
  await page.waitForSelector('h1');
  t.equal(await csv.getAttribute('href'), href.pathname + href.search, 'the address says it all');
});

t.test('Verifying says by keyboard that the log is intact, or names each thing that is wrong', async (t) => {
  const { page, fixture } = await open(t, { agents: 3, path: '/audit', roles: ['admin'] });
  const verify = page.getByRole('button', { name: 'Vérifier le journal' });
  await verify.waitFor();
  await waitFor(
    async () => {
      await page.keyboard.press('Tab');
      return (await page.evaluate('document.activeElement.textContent')) === 'Vérifier le journal';
    },
    Boolean,
    tabbingLimitMs,
  );
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=status]:has-text("Le journal est intact")');
  t.match(await page.locator('main [role=status]').innerText(), /2 entrées sont en route/);
  await verify.press('Enter');
  await page.waitForSelector('[role=status]:has-text("2 anomalies")');
  const told = await page.locator('main [role=status] li').allInnerTexts();
  t.match(told[0], /Entrée modifiée · base de données · n° 41/);
  t.match(told[1], /Entrée absente · disque de ce serveur · n° 50 à 58/);
  fixture.failures.set('GET /api/audit/verify', 'not-allowed');
  await verify.press('Enter');
  await waitFor(async () => (await page.locator('main [role=status] li').count()) === 0);
  t.equal(await page.locator(rows).count(), 100, 'the list stays');
});

t.test('Who may not see the log is not offered it', async (t) => {
  const { page, fixture } = await open(t, { agents: 3, path: '/audit', roles: ['supervisor'] });
  await page.waitForSelector('nav');
  await page.waitForURL((url) => url.pathname === '/');
  t.equal(await page.locator('nav a[href="/audit"]').count(), 0);
  t.notOk(fixture.requests.some(({ url }) => url.startsWith('/api/audit')));
});

for (const [language, theme, button] of [
  ['fr', 'light', 'Vérifier le journal'],
  ['en', 'dark', 'Verify the log'],
] as const) {
  t.test(`The page is accessible and fits the window (${language}, ${theme})`, async (t) => {
    const { page, complaints } = await open(t, { agents: 3, path: '/', language, theme });
    await page.locator('nav a[href="/audit"]').click();
    await page.waitForSelector(rows);
    for (const icon of ['shield-check', 'alert-triangle']) {
      await page.getByRole('button', { name: button }).click();
      await page.waitForSelector(`main [role=status] .tabler-icon-${icon}`);
      await assertAccessible(t, page, `${language} ${icon}`);
    }
    await assertFits(t, page, '/audit');
    t.same(complaints, []);
    const shots = process.env['VIGIE_SHOTS'];
    if (shots) await page.screenshot({ path: `${shots}/audit-${language}.png` });
  });
}
