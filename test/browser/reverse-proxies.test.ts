/**
 * The samples of docs/https.md, run: Debian's nginx and Caddy before a real server and a real PBX, used from a real
 * Chromium; and what a page says that is not on HTTPS.
 */
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import { startReverseProxy } from '../support/reverse-proxies.ts';
import { freshDataDir, runVigie, type Server, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';
import { assertAccessible } from './support/panel-page.ts';
import { heardInPage, micHz, playMicrophone } from './support/phone-ears.ts';

const password = 'correct horse battery';
const stepLimitMs = 20_000;
const heardMin = 0.1;
const silentMax = 0.005;
const host = 'vigie.test';

ensurePanelBuilt();
const lab = await startLab({ name: 'proxies', pbx: { browserPhones: true } });
t.teardown(() => lab.stop());
t.setTimeout(240_000);
const ear = await lab.listen();
t.teardown(() => ear.close());
const [vigiePort, proxyPort] = lab.ports.spare as [number, number];
const settings = {
  DATA_DIR: await freshDataDir(t),
  PORT: String(vigiePort),
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
};
const browser = await launchBrowser([`--host-resolver-rules=MAP ${host} 127.0.0.1`]);
t.teardown(() => browser.close());
let isPeopled = false;

async function serve(t: Test, publicUrl: string, more: Record<string, string> = {}): Promise<Server> {
  const server = await serveVigie(t, { ...settings, PUBLIC_URL: publicUrl, ...more });
  t.teardown(() => server.end());
  if (isPeopled) return server;
  isPeopled = true;
  for (const given of [
    ['--login', 'camille', '--name', 'Camille Roux', '--role', 'manager'],
    ['--login', 'ada', '--name', 'Ada', '--role', 'agent', '--endpoint', 'PJSIP/1001'],
  ]) {
    const ran = await runVigie(['user', 'add', ...given], settings, `${password}\n`);
    if (ran.code !== 0) throw new Error(ran.err);
  }
  return server;
}

/** The page of who signed in there, and the websockets it opened. */
async function signIn(t: Test, url: string, login: string) {
  const { page, context, complaints } = await openPage(browser, 'about:blank', {
    language: 'en',
    context: { ignoreHTTPSErrors: true },
  });
  t.teardown(() => context.close());
  page.setDefaultTimeout(stepLimitMs);
  const { origin, protocol } = new URL(url);
  if (protocol === 'https:') await context.grantPermissions(['microphone'], { origin });
  await page.addInitScript(playMicrophone({}));
  const sockets = new Set<string>();
  page.on('websocket', (socket) => socket.on('framereceived', () => sockets.add(pathOf(socket.url()))));
  await page.goto(url);
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
  return { page, complaints, sockets };
}
const pathOf = (url: string): string => new URL(url).pathname;

async function connectPhone(page: Page): Promise<void> {
  await page.click('button[data-phone]');
  await page.click('button:has-text("Connect")');
  await page.waitForSelector('button[data-phone=connected]');
}

for (const name of ['nginx', 'Caddy'] as const)
  t.test(
    `Through ${name} as documented one signs in, sees the board live and listens by the browser`,
    async (t) => {
      const url = `https://${host}:${proxyPort}`;
      const server = await serve(t, url, { TRUST_PROXY: 'true' });
      await startReverseProxy(t, name, { host, port: proxyPort, vigiePort });
      const { page, complaints, sockets } = await signIn(t, url, 'camille');
      const row = page.locator('[role=row][data-agent-id]', { hasText: 'Ada' });
      await row.waitFor();
      const [cookie] = await page.context().cookies();
      t.match(cookie, { secure: true, httpOnly: true, sameSite: 'Strict' });
      t.ok(sockets.has('/socket.io/'), 'the board is pushed by a websocket, not asked for');
      await connectPhone(page);
      t.ok(sockets.has('/phone'), 'and the phone speaks SIP through one of its own');

      const customer = await lab.phones.call({ from: 'customer', callerId: '0612345678', to: '1001' });
      await customer.waitAnswered();
      const agent = await waitFor(() => lab.phones.callsOf('1001')[0], Boolean);
      await page.keyboard.press('Escape');
      await row.locator('[data-action=listen]').click();
      await page.getByLabel('Reason').fill('coaching');
      await page.keyboard.press('Enter');
      await waitFor(
        () => heardInPage(page, [customer.toneHz, agent!.toneHz]),
        (levels) => levels.every((one) => one > heardMin),
        stepLimitMs,
      );
      const micAt = async (call: typeof customer): Promise<number> => {
        const fromMs = Date.now() + 150;
        const { levels } = await ear.heardBy(call, { fromMs, toMs: fromMs + 800, tonesHz: [micHz] });
        return levels[micHz]!.mean;
      };
      await page.locator('section[data-mode] label', { hasText: 'Whisper' }).click();
      await waitFor(
        () => micAt(agent!),
        (level) => level > heardMin,
        stepLimitMs,
      );
      t.ok((await micAt(customer)) < silentMax, 'the customer hears nothing of a whisper');
      await customer.hangup();
      await page.waitForSelector('section[data-mode]', { state: 'detached' });
      t.same(complaints, []);
      await page.context().close();
      await server.end();
    },
  );

t.test('A page that is not on HTTPS says so, where a phone, a microphone or a screen would be', async (t) => {
  const url = `http://${host}:${vigiePort}`;
  await serve(t, url);
  const panel = await signIn(t, url, 'camille');
  await panel.page.locator('[role=row][data-agent-id]').first().waitFor();
  t.equal(await panel.page.evaluate('isSecureContext'), false, 'a name that is no localhost');
  await panel.page.click('button[data-phone]');
  await panel.page.getByText('This page is not on HTTPS: the browser gives it no microphone.').waitFor();
  await assertAccessible(t, panel.page, 'the phone without a microphone');
  await panel.page.click('button:has-text("Connect")');
  await panel.page.waitForSelector('button[data-phone=connected]');
  await panel.page.keyboard.press('Escape');
  await panel.page.getByRole('button', { name: /alert/i }).click();
  await panel.page.getByText('The browser allows it on an HTTPS page only.').waitFor();

  const agent = await signIn(t, `${url}/agent`, 'ada');
  await agent.page.waitForSelector('[data-cannot-share=insecure]');
  t.match(await agent.page.textContent('[data-cannot-share]'), /not on HTTPS/);
  t.equal(
    await agent.page.getByRole('button', { name: 'Share my screen' }).count(),
    0,
    'no button that fails',
  );
  await assertAccessible(t, agent.page, 'the agent page without a screen to share');
  t.same([...panel.complaints, ...agent.complaints], []);
});
