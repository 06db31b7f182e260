/**
 * Everything a supervisor's page can run at once: the board, the browser's phone with which he listens, a screen he sees, a
 * chat. His right is taken, in each way there is; all of it is over within a second. Real server, PBX, sound and picture.
 */
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import { ownOnPbx } from '../support/supervision-scene.ts';
import { type Order, takingWays } from '../support/taking-rights.ts';
import { freshDataDir, runVigie, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';
import { heardInPage, playMicrophone } from './support/phone-ears.ts';
import { screenProbe } from './support/screen-reader.ts';
import { watchByClicks } from './support/screens-stage.ts';

const password = 'correct horse battery';
const stepLimitMs = 20_000;
const limitMs = 1_000;
const heardMin = 0.1;
const row = '[role=row][data-agent-id]';

ensurePanelBuilt();
const lab = await startLab({ name: 'rights-page', pbx: { browserPhones: true } });
t.teardown(() => lab.stop());
t.setTimeout(300_000);
const settings = {
  DATA_DIR: await freshDataDir(t),
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
};
const server = await serveVigie(t, settings);
for (const given of [
  ['--login', 'sam', '--name', 'Sam', '--role', 'supervisor', '--team', 'North'],
  ['--login', 'mara', '--name', 'Mara', '--role', 'manager'],
  ['--login', 'ada', '--name', 'Ada', '--role', 'agent', '--team', 'North', '--endpoint', 'PJSIP/1001'],
]) {
  const ran = await runVigie(['user', 'add', ...given], settings, `${password}\n`);
  if (ran.code !== 0) throw new Error(ran.err);
}
const supervisors = await launchBrowser();
const agents = await launchBrowser([
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream=display-media-type=browser',
]);
t.teardown(() => Promise.all([supervisors.close(), agents.close()]));

const cookieOf = async (login: string): Promise<string> => {
  const reply = await fetch(`${server.address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login, password }),
  });
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
};
const ask = async (cookie: string, method: string, path: string, body?: unknown) => {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const reply = await fetch(`${server.address}/api${path}`, {
    method,
    headers: { cookie, ...type },
    ...json,
  });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
};
const manager = await cookieOf('mara');
const order: Order = async (method, path, body) => {
  const reply = await ask(manager, method, path, body);
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(reply.body)}`);
  return reply.body;
};
const people = (await order('GET', '/people')) as { items: { id: string; login: string }[] };
const idOf = (login: string) => people.items.find((one) => one.login === login)!.id;

async function signIn(page: Page, login: string): Promise<void> {
  page.setDefaultTimeout(stepLimitMs);
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
}

async function sharingAgent(): Promise<Page> {
  const { page } = await openPage(agents, `${server.address}/agent`, { language: 'en' });
  await signIn(page, 'ada');
  await page.getByRole('button', { name: 'Share my screen' }).click();
  await page.waitForSelector('[data-sharing]');
  return page;
}

/** His page with all of it running, and the session it has. */
async function busyPage(t: Test) {
  const { page, context } = await openPage(supervisors, 'about:blank', { language: 'en' });
  t.teardown(() => context.close());
  await context.grantPermissions(['microphone'], { origin: server.address });
  await page.addInitScript(screenProbe);
  await page.addInitScript(playMicrophone({}));
  await page.goto(server.address);
  await signIn(page, 'sam');
  await page.waitForSelector(row);
  await page.click('button[data-phone]');
  await page.click('button:has-text("Connect")');
  await page.waitForSelector('button[data-phone=connected]');
  await page.keyboard.press('Escape');
  const customer = await lab.phones.call({ from: 'customer', callerId: '0612345678', to: '1001' });
  await customer.waitAnswered();
  await page.click(`${row} [data-action=listen]`);
  await page.getByLabel('Reason').fill('coaching');
  await page.keyboard.press('Enter');
  await waitFor(
    () => heardInPage(page, [customer.toneHz]),
    ([level]) => level! > heardMin,
    stepLimitMs,
  );
  await watchByClicks(page, idOf('ada'));
  await waitFor(
    () => page.evaluate(`document.querySelector('section[aria-label] video')?.videoWidth ?? 0`),
    (width) => Number(width) > 0,
    stepLimitMs,
  );
  const [cookie] = await context.cookies();
  return { page, customer, cookie: `${cookie!.name}=${cookie!.value}` };
}

/** Milliseconds from the answer that it is taken until it is so; fails the test beyond the limit. */
async function soon(t: Test, what: string, sinceMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const isInTime = await waitFor(isSo, Boolean, 5_000).catch(() => false);
  const tookMs = Date.now() - sinceMs;
  t.ok(isInTime && tookMs <= limitMs, `${what}: after ${tookMs} ms`);
}

const desk = await sharingAgent();
const agentId = idOf('ada');

for (const way of takingWays)
  t.test(`When ${way.name}, all that runs in his page ends within a second`, async (t) => {
    const { page, customer, cookie } = await busyPage(t);
    const message = () => {
      const to = { agentId, supervisorId: idOf('sam'), clientId: crypto.randomUUID(), text: 'Bravo' };
      return ask(cookie, 'POST', '/chat/messages', to);
    };
    t.equal((await message()).status, 201, 'he may write to her');
    const gone = async (selector: string) => (await page.locator(selector).count()) === 0;
    await way.take(order, idOf('sam'));
    const sinceMs = Date.now();
    await Promise.all([
      soon(t, 'no leg of his is on the PBX', sinceMs, async () => (await ownOnPbx(lab)).length === 0),
      soon(t, 'no picture of a screen is shown', sinceMs, () => gone('section[aria-label] video')),
      soon(t, 'nothing can be done to her', sinceMs, () => gone(`${row} [data-action]`)),
      soon(
        t,
        'and none watches her',
        sinceMs,
        async () => (await desk.locator('[data-watched]').count()) === 0,
      ),
    ]);
    const refused = await message();
    t.ok(refused.status === (way.signsOut ? 401 : 403), `what he writes is refused (${refused.status})`);
    if (way.signsOut) await page.waitForSelector('input[name=login]');
    else t.equal((await ask(cookie, 'GET', '/session')).status, 200, 'he is still signed in');
    t.equal(customer.end, undefined, 'the call goes on');
    await customer.hangup();
    await way.giveBack(order, idOf('sam'));
  });
