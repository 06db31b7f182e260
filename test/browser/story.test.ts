/** One supervisor's morning by keyboard alone: the panel in one Chromium, the agent page in another, a real PBX, real sound and pixels. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import { freshDataDir, runVigie, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';
import { heardInPage, micHz, playMicrophone } from './support/phone-ears.ts';
import { screenReader } from './support/screen-reader.ts';

const password = 'correct horse battery';
const stepLimitMs = 30_000;
/** Stops of the Tab key that a page may have before what is wanted. */
const stopsMax = 150;
/** A tone of the lab, or of the page's microphone, as loud as it is when it is heard; and when it is not. */
const heardMin = 0.1;
const silentMax = 0.005;
/** The picker of the browser answers by itself with the agent page, whose clock moves. */
const sharing = [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream=display-media-type=browser',
];

ensurePanelBuilt();
t.setTimeout(300_000);
const dialplan = await readFile(new URL('../../dialplan/extensions_vigie.conf', import.meta.url), 'utf8');
const lab = await startLab({ name: 'story', pbx: { browserPhones: true, dialplan } });
t.teardown(() => lab.stop());
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
const ear = await lab.listen();
t.teardown(() => ear.close());
const [panels, agents] = [await launchBrowser(), await launchBrowser(sharing)];
t.teardown(async () => {
  await panels.close();
  await agents.close();
});
async function addPerson(login: string, name: string, ...more: string[]): Promise<void> {
  const given = ['user', 'add', '--login', login, '--name', name, '--team', 'North', ...more];
  const ran = await runVigie(given, settings, `${password}\n`);
  if (ran.code !== 0) throw new Error(ran.err);
}
await addPerson('alice', 'Alice Martin', '--role', 'agent', '--endpoint', 'PJSIP/1001');
await addPerson('camille', 'Camille Roux', '--role', 'manager');

const press = (page: Page, ...keys: string[]) =>
  keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

/** Goes on with Tab, as somebody without a mouse does, until the focus is where he wants it. */
async function tabTo(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().waitFor({ timeout: stepLimitMs });
  for (let stops = 0; stops < stopsMax; stops += 1) {
    const isThere = await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`);
    if (isThere) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab leads to no ${selector}`);
}
const doWith = async (page: Page, selector: string, key = 'Enter') => {
  await tabTo(page, selector);
  await page.keyboard.press(key);
};
async function signIn(page: Page, login: string): Promise<void> {
  await tabTo(page, 'input[name=login]');
  await page.keyboard.type(login);
  await press(page, 'Tab');
  await page.keyboard.type(password);
  await press(page, 'Enter');
}
const shows = (page: Page, selector: string, text: RegExp) =>
  waitFor(
    () =>
      page
        .locator(selector)
        .first()
        .textContent({ timeout: 1_000 })
        .catch(() => ''),
    (now) => text.test(now ?? ''),
    stepLimitMs,
  );
/** An action on the agent's row: the row has the focus, then its letter. */
async function onAlice(page: Page, letter: string): Promise<void> {
  await doWith(page, '[role=row][data-agent-id]', letter);
}

t.test(
  'Signed in, heard, spoken to, written to, seen, taken over, helped and handed back: without a mouse',
  async (t) => {
    const panel = await openPage(panels, 'about:blank', { language: 'en' });
    await panel.context.grantPermissions(['microphone'], { origin: server.address });
    await panel.page.addInitScript(playMicrophone({}));
    const { page } = panel;
    await page.goto(server.address);
    await signIn(page, 'camille');
    const agentPage = await openPage(agents, server.address, { language: 'en' });
    const { page: desk } = agentPage;
    await signIn(desk, 'alice');
    await desk.waitForURL('**/agent', { timeout: stepLimitMs });

    await doWith(page, 'button[data-phone]');
    await doWith(page, '[role=dialog] button:not([aria-pressed])');
    await page.waitForSelector('button[data-phone=connected]', { timeout: stepLimitMs });
    await press(page, 'Escape');

    const customer = await lab.phones.call({
      from: 'customer',
      callerId: '0612345678',
      callerName: 'Dupont',
      to: '1001',
    });
    await customer.waitAnswered();
    const agent = (await waitFor(() => lab.phones.callsOf('1001')[0], Boolean))!;
    const isHeard = (hz: number[]) =>
      waitFor(
        () => heardInPage(page, hz),
        (levels) => levels.every((one) => one > heardMin),
        stepLimitMs,
      );
    /** How loud the supervisor's voice is at this phone. */
    const voiceAt = async (call: typeof agent) => {
      const fromMs = Date.now() + 150;
      const { levels } = await ear.heardBy(call, { fromMs, toMs: fromMs + 800, tonesHz: [micHz] });
      return levels[micHz]!.mean;
    };
    const isSpokenTo = (call: typeof agent) =>
      waitFor(
        () => voiceAt(call),
        (level) => level > heardMin,
        stepLimitMs,
      );

    await t.test('A request for help is heard with one key', async (t) => {
      await tabTo(desk, '[aria-label^="What is happening"]');
      await desk.keyboard.type('He wants a refund');
      await press(desk, 'Enter');
      await shows(page, '[data-help]', /He wants a refund/);
      await doWith(page, '[data-help-action=listen]');
      await shows(page, 'section[data-mode]', /You are listening to Alice Martin.*0:\d\d/);
      await isHeard([customer.toneHz, agent.toneHz]);
      t.ok((await voiceAt(agent)) < silentMax, 'nobody hears who listens');
      await doWith(page, '[data-help-action=taken]');
      await page.locator('[data-help]').waitFor({ state: 'detached' });
    });

    await t.test('Whispered to, the agent hears and the customer does not; barged in, both do', async (t) => {
      await onAlice(page, 'w');
      await shows(page, 'section[data-mode]', /You are whispering/);
      await isSpokenTo(agent);
      t.ok((await voiceAt(customer)) < silentMax);
      await onAlice(page, 'b');
      await isSpokenTo(customer);
    });

    await t.test('A message goes to the agent and an answer comes back', async () => {
      await onAlice(page, 'c');
      await page.waitForSelector('aside textarea:focus', { timeout: stepLimitMs });
      await page.keyboard.type('Offer him a voucher');
      await press(page, 'Enter');
      await doWith(desk, 'section[aria-label=Conversations] ul button');
      await shows(desk, '[data-chat-pane]', /Offer him a voucher/);
      await tabTo(desk, '[data-chat-pane] textarea');
      await desk.keyboard.type('Thank you!');
      await press(desk, 'Enter');
      await shows(page, 'aside [data-chat-pane]', /Thank you!/);
      await press(page, 'Escape');
    });

    await t.test('Her screen is seen, and it moves', async (t) => {
      await doWith(desk, 'main button:has(svg.tabler-icon-screen-share)');
      await desk.waitForSelector('[data-sharing]', { timeout: stepLimitMs });
      await waitFor(
        async () => page.locator('[role=row][data-agent-id]').count(),
        (n) => n > 0,
      );
      await waitFor(
        async () => {
          if ((await page.locator('input[data-autofocus]:focus').count()) === 0) await onAlice(page, 's');
          return page.locator('[role=dialog] input').count();
        },
        (n) => n > 0,
        stepLimitMs,
      );
      await page.waitForSelector('[role=dialog] input:focus', { timeout: stepLimitMs });
      await press(page, 'Control+a');
      await page.keyboard.type('coaching');
      await press(page, 'Enter');
      await waitFor(
        () => page.evaluate(`document.querySelector('section[aria-label] video')?.videoWidth ?? 0`),
        (width) => Number(width) > 0,
        stepLimitMs,
      );
      await desk.evaluate(`{
      const square = document.createElement('div');
      square.style = 'position:fixed;top:0;left:0;width:64px;height:64px;z-index:9999';
      document.body.append(square);
      let n = 0;
      setInterval(() => { square.style.background = 'hsl(' + (n += 37) % 360 + ' 90% 50%)'; }, 30);
    }`);
      const colours = await screenReader(page).coloursAt(32, 32, 3_000);
      t.ok(colours.size >= 3, `${colours.size} colours in three seconds`);
      await desk.waitForSelector('[data-watched]', { timeout: stepLimitMs });
    });

    await t.test('The call is taken over, and handed back to her', async (t) => {
      await onAlice(page, 'i');
      await page.waitForSelector('[role=dialog] button[type=submit]', { timeout: stepLimitMs });
      await doWith(page, '[role=dialog] button[type=submit]');
      await shows(page, 'section[data-mode=intercept]', /You took over from Alice Martin.*0:\d\d/);
      await waitFor(() => agent.end, Boolean, stepLimitMs);
      await isHeard([customer.toneHz]);
      await isSpokenTo(customer);
      const again = lab.phones.nextCall('1001', stepLimitMs);
      await doWith(page, '[data-hand-over]');
      await page.waitForSelector('[role=dialog] [role=combobox]:focus', { timeout: stepLimitMs });
      await shows(page, '[role=dialog] [role=option]', /Back to Alice Martin/);
      await press(page, 'ArrowDown', 'Enter');
      const back = await again;
      await page.locator('section[data-mode]').waitFor({ state: 'detached', timeout: stepLimitMs });
      const fromMs = Date.now() + 300;
      const { levels } = await ear.heardBy(back, { fromMs, toMs: fromMs + 800, tonesHz: [customer.toneHz] });
      t.ok(levels[customer.toneHz]!.mean > heardMin, 'she speaks with her customer again');
    });

    t.notOk(customer.end, 'the customer was never lost');
    await customer.hangup();
    t.same([...panel.complaints, ...agentPage.complaints], []);
  },
);
