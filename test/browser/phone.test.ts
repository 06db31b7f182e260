/** The phone in the panel: a real Chromium, a real PBX, real audio both ways. */
import type { Page } from 'playwright-core';
import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { freshDataDir, runVigie, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';
import { accessibilityFindings, launchBrowser, openPage } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';
import { heardInPage, micHz, type PageEars, playMicrophone, sentByPage } from './support/phone-ears.ts';

const password = 'correct horse battery';
const stepLimitMs = 20_000;

await ensurePanelBuilt();
const lab = await startLab({ name: 'web-phone', pbx: { browserPhones: true } });
t.teardown(() => lab.stop());
const settings = {
  DATA_DIR: await freshDataDir(t),
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
};
// On a port of its own, so that a page finds it again after a restart.
const port = String(lab.ports.spare[0]);
const serve = () => serveVigie(t, { ...settings, PORT: port });
let server = await serve();
const ear = await lab.listen();
t.teardown(() => ear.close());
const browser = await launchBrowser();
t.teardown(() => browser.close());

async function addPerson(login: string, name: string, ...more: string[]): Promise<void> {
  const args = ['user', 'add', '--login', login, '--name', name, ...more];
  const ran = await runVigie(args, settings, `${password}\n`);
  if (ran.code !== 0) throw new Error(ran.err);
}

async function signIn(login: string, ears: PageEars = {}): Promise<Page> {
  const { page, context } = await openPage(browser, 'about:blank', { language: 'en' });
  page.setDefaultTimeout(stepLimitMs);
  if (!ears.isDenied) await context.grantPermissions(['microphone'], { origin: server.address });
  await page.addInitScript(playMicrophone(ears));
  await page.goto(server.address);
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('nav');
  return page;
}

async function connectPhone(page: Page): Promise<void> {
  await page.click('button[data-phone]');
  await page.click('button:has-text("Connect")');
  await page.waitForSelector('button[data-phone=connected]');
}

/** As the panel asks for it; in the page, so with its session and origin. */
function ask<T>(
  page: Page,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T }> {
  const json = body === undefined ? 'undefined' : JSON.stringify(JSON.stringify(body));
  return page.evaluate(`(async () => {
    const body = ${json};
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const reply = await fetch('${path}', { method: '${method}', headers, body });
    return { status: reply.status, body: await reply.json().catch(() => null) };
  })()`);
}

const agentId = async (page: Page): Promise<string> =>
  (await ask<{ items: { id: string; endpoint: string }[] }>(page, 'GET', '/api/agents')).body.items.find(
    ({ endpoint }) => endpoint === 'PJSIP/1001',
  )!.id;

async function supervise(page: Page, mode: string): Promise<string> {
  const wish = { agentId: await agentId(page), mode, scope: 'call', reason: 'Quality', device: 'browser' };
  const begun = await ask<{ id: string; code?: string }>(page, 'POST', '/api/supervisions', wish);
  if (begun.status !== 201) throw new Error(JSON.stringify(begun));
  await waitFor(
    () => ask<{ state: string }>(page, 'GET', `/api/supervisions/${begun.body.id}`),
    ({ body }) => body.state === 'live',
    stepLimitMs,
  );
  return begun.body.id;
}

async function talk(): Promise<{ customer: PhoneCall; agent: PhoneCall }> {
  const customer = await lab.phones.call({ from: 'customer', callerId: '0612345678', to: '1001' });
  await customer.waitAnswered();
  const agent = await waitFor(() => lab.phones.callsOf('1001')[0], Boolean);
  return { customer, agent: agent! };
}

const heardMin = 0.1;
const silentMax = 0.005;
/** How loud the page's own tone is at a phone of the lab, by the packets it is sent. */
async function micAt(call: PhoneCall): Promise<number> {
  const fromMs = Date.now() + 150;
  const { levels } = await ear.heardBy(call, { fromMs, toMs: fromMs + 800, tonesHz: [micHz] });
  return levels[micHz]!.mean;
}

await addPerson('camille', 'Camille Roux', '--role', 'manager');
await addPerson('nadia', 'Nadia Cohen', '--role', 'manager', '--role', 'agent');
await addPerson('ada', 'Ada', '--role', 'agent', '--endpoint', 'PJSIP/1001');

t.test(
  'Without a phone the browser listens: both voices are heard and no microphone packet leaves the page',
  async (t) => {
    const page = await signIn('camille');
    const refused = await ask<{ code: string }>(page, 'POST', '/api/supervisions', {
      ...{
        agentId: await agentId(page),
        mode: 'listen',
        scope: 'call',
        reason: 'Quality',
        device: 'browser',
      },
    });
    t.match(refused, { status: 409 }, 'no phone is connected yet');
    await connectPhone(page);
    t.same(await accessibilityFindings(page), []);
    const { customer, agent } = await talk();
    await page.waitForSelector('[data-action=listen]', { timeout: stepLimitMs });
    const id = await supervise(page, 'listen');
    await waitFor(
      () => heardInPage(page, [customer.toneHz, agent.toneHz]),
      (levels) => levels.every((one) => one > heardMin),
      stepLimitMs,
    );
    t.equal(await sentByPage(page), 0, 'not one packet was sent while listening');
    t.ok((await micAt(agent)) < silentMax, 'the agent hears nothing of it');

    const changed = await ask(page, 'PATCH', `/api/supervisions/${id}`, { mode: 'whisper' });
    t.equal(changed.status, 200);
    await waitFor(
      () => micAt(agent),
      (level) => level > heardMin,
      stepLimitMs,
    );
    t.ok((await micAt(customer)) < silentMax, 'the customer hears nothing of a whisper');
    t.ok((await sentByPage(page)) > 0);

    await ask(page, 'PATCH', `/api/supervisions/${id}`, { mode: 'barge' });
    await waitFor(
      () => micAt(customer),
      (level) => level > heardMin,
      stepLimitMs,
    );

    await ask(page, 'PATCH', `/api/supervisions/${id}`, { mode: 'listen' });
    await page.waitForSelector('text=Listening only');
    const before = await sentByPage(page);
    t.ok((await micAt(agent)) < silentMax, 'back in listening he is mute');
    t.equal(await sentByPage(page), before, 'and nothing more was sent');

    await ask(page, 'DELETE', `/api/supervisions/${id}`);
    await waitFor(
      () => lab.pbx.channels(),
      (channels) => !channels.some(({ name }) => name.startsWith('PJSIP/web-')),
      stepLimitMs,
    );
    await customer.hangup();
    await page.context().close();
  },
);

const webChannels = async () =>
  (await lab.pbx.channels()).map(({ name }) => name).filter((name) => name.startsWith('PJSIP/web-'));
const hearsBoth = (page: Page, { customer, agent }: { customer: PhoneCall; agent: PhoneCall }) =>
  waitFor(
    () => heardInPage(page, [customer.toneHz, agent.toneHz]),
    (levels) => levels.every((one) => one > heardMin),
    stepLimitMs,
  );

t.test('Who denies the microphone listens all the same, and is told why nobody hears him', async (t) => {
  const page = await signIn('camille', { isDenied: true });
  await connectPhone(page);
  await page.waitForSelector('text=The browser denies this page the microphone');
  t.same(await accessibilityFindings(page), []);
  const call = await talk();
  await page.waitForSelector('[data-action=listen]');
  const id = await supervise(page, 'listen');
  await hearsBoth(page, call);
  await ask(page, 'PATCH', `/api/supervisions/${id}`, { mode: 'whisper' });
  t.ok((await micAt(call.agent)) < silentMax);
  t.equal(await sentByPage(page), 0);
  // Signing out ends it within a second, and leaves nothing of it on the PBX.
  await page.click('text=Sign out');
  const fromMs = Date.now();
  await waitFor(webChannels, (names) => names.length === 0, stepLimitMs);
  t.ok(Date.now() - fromMs < 1_500, `gone after ${Date.now() - fromMs} ms`);
  await waitFor(
    () => lab.pbx.cli('pjsip show endpoints'),
    (text) => !text.includes('web-'),
    stepLimitMs,
  );
  t.notMatch(await lab.pbx.cli('pjsip show auths'), /web-/);
  await call.customer.hangup();
  await page.context().close();
});

t.test(
  'The phone comes back by itself: after a reload, a server that was killed, a PBX that has restarted',
  async (t) => {
    const page = await signIn('camille');
    await connectPhone(page);
    const connected = () => page.waitForSelector('button[data-phone=connected]', { timeout: 40_000 });
    await page.reload();
    await connected();
    const call = await talk();
    await page.waitForSelector('[data-action=listen]');
    await supervise(page, 'listen');
    await hearsBoth(page, call);
    // The audio goes between browser and PBX: it does not stop with the server.
    await server.end('SIGKILL');
    t.ok(
      (await heardInPage(page, [call.customer.toneHz]))[0]! > heardMin,
      'still heard with no server there',
    );
    server = await serve();
    await connected();
    await call.customer.hangup();
    await lab.pbx.restart();
    await page.waitForSelector('button[data-phone=connecting]');
    await connected();
    await waitFor(
      () => lab.pbx.cli('pjsip show contacts'),
      (text) => /web-/.test(text),
      stepLimitMs,
    );
    await page.context().close();
  },
);

t.test(
  'An agent whose only phone is the browser is called there, answers, is heard, holds, keys digits and is muted',
  async (t) => {
    const page = await signIn('nadia');
    const me = (await ask<{ person: { id: string } }>(page, 'GET', '/api/session')).body.person.id;
    const device = `PJSIP/web-${me.slice(-12)}`;
    const given = await ask(page, 'PATCH', `/api/agents/${me}`, { devices: [device] });
    t.equal(given.status, 200);
    await connectPhone(page);
    const arriving = lab.phones.nextCall('1002', stepLimitMs);
    // As a queue or a colleague would: the PBX calls the device, and joins it to 1002 when it answers.
    const originate = {
      endpoint: device,
      context: 'from-internal',
      extension: '1002',
      priority: '1',
      callerId: '"Desk" <0145>',
    };
    await lab.pbx.ari.request('POST', '/channels', originate);
    await page.waitForSelector('text=Call from');
    t.same(await accessibilityFindings(page), []);
    t.equal(await sentByPage(page), 0, 'nothing answers by itself');
    await page.click('button:has-text("Answer")');
    const other = await arriving;
    await other.waitAnswered();
    await waitFor(
      () => micAt(other),
      (level) => level > heardMin,
      stepLimitMs,
    );
    await waitFor(
      () => heardInPage(page, [other.toneHz]),
      ([level]) => level! > heardMin,
      stepLimitMs,
    );
    await page.click('[aria-label=Mute]');
    await waitFor(
      () => micAt(other),
      (level) => level < silentMax,
      stepLimitMs,
    );
    await page.click('[aria-label=Unmute]');
    await waitFor(
      () => micAt(other),
      (level) => level > heardMin,
      stepLimitMs,
    );
    await page.click('[aria-label=Keypad]');
    await page.click('button:has-text("5")');
    await waitFor(
      () => other.digits,
      (digits) => digits === '5',
      stepLimitMs,
    );
    await page.click('[aria-label=Hold]');
    await page.waitForSelector('text=On hold');
    await waitFor(
      () => micAt(other),
      (level) => level < silentMax,
      stepLimitMs,
    );
    await page.click('[aria-label="Take back"]');
    await waitFor(
      () => micAt(other),
      (level) => level > heardMin,
      stepLimitMs,
    );
    await page.waitForSelector('text=Network: good');
    await page.click('button:has-text("Hang up")');
    await other.waitEnded();
    await page.context().close();
  },
);
