/** The panel in Chromium, in front of the real server and a real PBX. */
import type { Page } from 'playwright-core';
import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { freshDataDir, runVigie, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';
import { accessibilityFindings, launchBrowser, openPage } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';

const password = 'correct horse battery';
const stepLimitMs = 20_000;

ensurePanelBuilt();
const lab = await startLab({ name: 'panel' });
t.teardown(() => lab.stop());
const settings = {
  DATA_DIR: await freshDataDir(t),
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
};
const server = await serveVigie(t, settings);
// Of customer, agent 1001 and supervisor 1901.
const tonesHz = [400, 800, 1500];
const ear = await lab.listen();
t.teardown(() => ear.close());
const browser = await launchBrowser();
t.teardown(() => browser.close());

async function addPerson(login: string, name: string, ...more: string[]): Promise<void> {
  const ran = await runVigie(
    ['user', 'add', '--login', login, '--name', name, ...more],
    settings,
    `${password}\n`,
  );
  if (ran.code !== 0) throw new Error(ran.err);
}

async function signIn(login: string): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await openPage(browser, server.address, { language: 'en' });
  page.setDefaultTimeout(stepLimitMs);
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('nav');
  return { page, complaints };
}

async function listen(page: Page): Promise<void> {
  await page.click('[data-action=listen]');
  await page.fill('[role=dialog] input[data-autofocus]', 'Quality check');
  await page.keyboard.press('Enter');
}

const settleMs = 100;
const listenedMs = 800;
/** The share of full scale above which a tone counts as heard; a lab tone has 0.22. */
const heardMin = 0.15;

/** Which of the three parties' tones this phone is sent from now on, judged by the packets. */
async function tonesAt(call: PhoneCall): Promise<number[]> {
  const fromMs = Date.now() + settleMs;
  const { levels } = await ear.heardBy(call, { fromMs, toMs: fromMs + listenedMs, tonesHz });
  return tonesHz.filter((hz) => levels[hz]!.mean > heardMin);
}

const agentName = 'Zoé <b>Bold</b> 🔥';
await addPerson('camille', 'Camille Roux', '--role', 'manager', '--endpoint', 'PJSIP/1901');
await addPerson('alan', 'Alan Admin', '--role', 'admin');

t.test(
  'An empty floor offers the PBX’s own endpoints; one added by hand stands on the board at once',
  async (t) => {
    const { page, complaints } = await signIn('camille');
    await page.waitForSelector('text=Nobody on watch yet');
    await page.waitForSelector('[aria-label="Add PJSIP/1002"]');
    await page.click('text=Type in an agent');
    await page.fill('[role=dialog] input[data-autofocus]', agentName);
    await page.fill('[role=dialog] textarea', 'PJSIP/1001');
    await page.click('[role=dialog] button[type=submit]');
    await page.waitForSelector('[role=dialog]', { state: 'detached' });
    await page.click('text=Live panel');
    await page.waitForSelector('[role=row][data-agent-id]');
    t.match(await page.textContent('[role=row][data-agent-id]'), agentName);
    t.same(await accessibilityFindings(page), []);
    t.same(complaints, []);
    await page.context().close();
  },
);

t.test('A call is seen, listened to, whispered into, stopped, and then stands in the list', async (t) => {
  const { page, complaints } = await signIn('camille');
  const row = page.locator('[role=row][data-agent-id]', { hasText: agentName });
  await row.waitFor();
  const customer = await lab.phones.call({
    from: 'customer',
    callerId: '0612345678',
    callerName: 'Dupont',
    to: '1001',
  });
  await waitFor(
    () => row.textContent(),
    (text) => /On call.*0612345678/.test(text ?? ''),
    stepLimitMs,
  );
  const atSupervisor = lab.phones.nextCall('1901', stepLimitMs);
  await listen(page);
  const bar = page.locator('section[aria-label="Supervision in progress"]');
  await waitFor(
    () => bar.textContent(),
    (text) => /You are listening to.*0:\d\d/.test(text ?? ''),
    stepLimitMs,
  );
  const phone = await atSupervisor;
  t.notOk(phone.end, 'his phone answered by itself');
  const agent = lab.phones.callsOf('1001')[0]!;
  t.same(await tonesAt(phone), [customer.toneHz, agent.toneHz], 'he hears the customer and the agent');
  t.same(await tonesAt(agent), [customer.toneHz], 'nobody hears him');
  t.same(await tonesAt(customer), [agent.toneHz]);
  await waitFor(
    () => row.textContent(),
    (text) => /You: listening/.test(text ?? ''),
  );
  await bar.locator('label', { hasText: 'Whisper' }).click();
  await waitFor(
    () => bar.textContent(),
    (text) => /You are whispering to/.test(text ?? ''),
  );
  await waitFor(
    () => row.textContent(),
    (text) => /You: whispering/.test(text ?? ''),
  );
  t.same(await tonesAt(agent), [customer.toneHz, phone.toneHz], 'the agent hears the whisper');
  t.same(await tonesAt(customer), [agent.toneHz], 'the customer does not');
  await bar.locator('button', { hasText: 'Stop' }).click();
  await waitFor(
    () => bar.count(),
    (n) => n === 0,
  );
  await waitFor(() => phone.end, Boolean);
  t.same(await tonesAt(customer), [agent.toneHz], 'the call goes on after Stop');
  await customer.hangup();
  await waitFor(
    () => row.textContent(),
    (text) => !/On call/.test(text ?? ''),
  );
  await page.click('nav >> text=Calls');
  const listed = page.locator('tbody tr', { hasText: '0612345678' });
  await waitFor(
    async () => {
      if ((await listed.count()) === 0) await page.click('[aria-label=Refresh]');
      return listed.textContent();
    },
    (text) => /Answered.*Customer hung up/.test(text ?? ''),
    stepLimitMs,
  );
  await listed.locator('a').click();
  await waitFor(
    () => page.textContent('[role=dialog]'),
    (text) => /Camille Roux whispering|Camille Roux listening/.test(text ?? ''),
  );
  t.same(await accessibilityFindings(page), []);
  t.same(complaints, []);
  await page.context().close();
});

t.test('A supervisor’s phone that refuses is said in so many words', async (t) => {
  await addPerson('dora', 'Dora Declines', '--role', 'manager', '--endpoint', 'PJSIP/1906');
  const { page } = await signIn('dora');
  const customer = await lab.phones.call({ from: 'customer', callerId: '0612345679', to: '1001' });
  await listen(page);
  await page.waitForSelector('text=Your phone refused the call');
  t.equal(await page.locator('section[aria-label="Supervision in progress"]').count(), 0);
  await customer.hangup();
  await page.context().close();
});

t.test('An administrator adds a login and it can sign in', async () => {
  const { page } = await signIn('alan');
  await page.click('nav >> text=Logins');
  await page.click('text=Add a login');
  await page.fill('[role=dialog] input[data-autofocus]', 'Nadia Cohen');
  await page.getByLabel('Login', { exact: false }).last().fill('nadia');
  await page.locator('[role=dialog] input[type=password]').fill(password);
  await page.click('[role=dialog] button[type=submit]');
  await page.waitForSelector('tbody tr:has-text("nadia")');
  await page.context().close();
  const { page: hers } = await signIn('nadia');
  await hers.waitForSelector('text=Nadia Cohen');
  await hers.context().close();
});
