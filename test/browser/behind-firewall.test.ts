/**
 * A supervisor behind a strict firewall and an HTTPS proxy: his browser reaches the proxy and the TURN server, and nothing else.
 * A real Chromium in a network of its own, a real PBX, real audio both ways.
 */
import type { Browser, Page } from 'playwright-core';
import t from 'tap';
import { startLab } from '../../scripts/lab/index.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { startHttpsProxy } from '../support/https-proxy.ts';
import { freshDataDir, runVigie, type Server, serveVigie } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';
import { wallNetwork } from '../support/walled-network.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';
import { heardInPage, micHz, playMicrophone, waysOfPage } from './support/phone-ears.ts';
import { keepMoving, screenProbe, screenReader } from './support/screen-reader.ts';
import { watchByClicks } from './support/screens-stage.ts';

const password = 'correct horse battery';
const stepLimitMs = 30_000;
const heardMin = 0.1;
const silentMax = 0.005;
const name = 'vigie.test';

await ensurePanelBuilt();
const network = await wallNetwork();
t.teardown(() => network.remove());
const lab = await startLab({
  ...{ name: 'behind-firewall', pbx: { browserPhones: true } },
  turnAddress: network.host,
});
t.teardown(() => lab.stop());
const ear = await lab.listen();
t.teardown(() => ear.close());
const turn = lab.turn!;
let server: Server | undefined;
const port = lab.ports.spare[0];
const proxy = await startHttpsProxy(t, {
  ...{ address: network.host, name },
  to: () => `http://127.0.0.1:${port}`,
});
const publicUrl = `https://${name}:${proxy.port}`;
const settings = {
  DATA_DIR: await freshDataDir(t),
  PORT: String(port),
  ARI_URL: lab.pbx.ariUrl,
  ARI_USERNAME: lab.pbx.ariUsername,
  ARI_PASSWORD: lab.pbx.ariPassword,
};
const behindProxy = { PUBLIC_URL: publicUrl, TRUST_PROXY: 'true' };
const withTurn = { TURN_URL: turn.url, TURN_SECRET: turn.secret };

const resolving = `--host-resolver-rules=MAP ${name} ${network.host}`;
const walled = await launchBrowser([resolving], network.wrapperOf);
const free = await launchBrowser([
  ...[resolving, '--use-fake-ui-for-media-stream'],
  '--use-fake-device-for-media-stream=display-media-type=browser',
]);
t.teardown(() => Promise.all([walled.close(), free.close()]));

async function addPerson(login: string, fullName: string, ...more: string[]): Promise<void> {
  const ran = await runVigie(
    ['user', 'add', '--login', login, '--name', fullName, ...more],
    settings,
    `${password}\n`,
  );
  if (ran.code !== 0) throw new Error(ran.err);
}

async function signIn(browser: Browser, url: string, login: string): Promise<Page> {
  const { page, context } = await openPage(browser, 'about:blank', {
    language: 'en',
    context: { ignoreHTTPSErrors: true },
  });
  page.setDefaultTimeout(stepLimitMs);
  const { origin, protocol } = new URL(url);
  // Without HTTPS there is none to give.
  if (protocol === 'https:') await context.grantPermissions(['microphone'], { origin });
  await page.addInitScript(screenProbe);
  await page.addInitScript(playMicrophone({}));
  await page.goto(url);
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
  return page;
}

async function connectPhone(page: Page): Promise<void> {
  await page.click('button[data-phone]');
  await page.click('button:has-text("Connect")');
  await page.waitForSelector('button[data-phone=connected]');
}

/** By clicks, as he does; the agent's row offers it once the call is up. */
async function listen(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.click('[data-action=listen]');
  await page.getByLabel('Reason').fill('coaching');
  await page.keyboard.press('Enter');
}

/** In the bar, which is always in sight, and at length in the phone's own box. */
async function saysNoSound(page: Page, why: 'no-turn' | 'turn-fails'): Promise<void> {
  await page.getByText('No sound: no way through this network (TURN)').waitFor();
  await page.click('button[data-phone]');
  await page.waitForSelector(`[data-no-sound=${why}]`);
}

async function talk(): Promise<{ customer: PhoneCall; agent: PhoneCall }> {
  const customer = await lab.phones.call({ from: 'customer', callerId: '0612345678', to: '1001' });
  await customer.waitAnswered();
  const agent = await waitFor(() => lab.phones.callsOf('1001')[0], Boolean);
  return { customer, agent: agent! };
}

async function micAt(call: PhoneCall): Promise<number> {
  const fromMs = Date.now() + 150;
  const { levels } = await ear.heardBy(call, { fromMs, toMs: fromMs + 800, tonesHz: [micHz] });
  return levels[micHz]!.mean;
}

t.test(
  'Behind HTTPS and a firewall a supervisor hears, speaks and sees a screen, all through TURN',
  async (t) => {
    server = await serveVigie(t, { ...settings, ...behindProxy, ...withTurn });
    await addPerson('camille', 'Camille Roux', '--role', 'manager');
    await addPerson('ada', 'Ada', '--role', 'agent', '--endpoint', 'PJSIP/1001');
    network.open([
      { protocol: 'tcp', port: proxy.port },
      { protocol: 'udp', port: lab.ports.turn },
    ]);
    const page = await signIn(walled, publicUrl, 'camille');
    await page.waitForSelector('nav');
    const [cookie] = await page.context().cookies();
    t.match(cookie, { secure: true, httpOnly: true, sameSite: 'Strict' });
    t.equal(await page.evaluate('isSecureContext'), true);
    await connectPhone(page);
    t.ok(proxy.upgrades.includes('/socket.io/'), 'the board came by a websocket through the proxy');
    const call = await talk();
    await listen(page);
    await waitFor(
      () => heardInPage(page, [call.customer.toneHz, call.agent.toneHz]),
      (levels) => levels.every((one) => one > heardMin),
      stepLimitMs,
    );
    t.same(await waysOfPage(page), ['relay'], 'and no other way');
    await page.locator('section[data-mode] label', { hasText: 'Whisper' }).click();
    await waitFor(
      () => micAt(call.agent),
      (level) => level > heardMin,
      stepLimitMs,
    );
    t.ok((await micAt(call.customer)) < silentMax, 'the customer hears nothing of a whisper');
    t.same(await page.locator('[data-no-sound]').count(), 0);

    const agent = await signIn(free, `${publicUrl}/agent`, 'ada');
    await agent.getByRole('button', { name: 'Share my screen' }).click();
    await agent.waitForSelector('[data-sharing]');
    await keepMoving(agent);
    const agentId = await page.getAttribute('[role=row][data-agent-id]', 'data-agent-id');
    await watchByClicks(page, agentId!);
    const seen = await waitFor(
      () =>
        screenReader(page)
          .coloursAt(32, 32, 1_000)
          .catch(() => new Set<string>()),
      (colours) => colours.size >= 3,
      stepLimitMs,
    );
    t.ok(seen.size >= 3, `${seen.size} colours of the moving square in a second`);
    t.same(await waysOfPage(page), ['relay', 'relay'], 'the picture too');
    await call.customer.hangup();
    await Promise.all([page.context().close(), agent.context().close()]);
    await server.end();
  },
);

t.test(
  'The TURN server takes nobody without credentials that Vigie gave, and those end within half a day',
  async (t) => {
    server = await serveVigie(t, { ...settings, ...behindProxy, ...withTurn, TURN_SECRET: 'another one' });
    const page = await signIn(walled, publicUrl, 'camille');
    await connectPhone(page);
    const call = await talk();
    await listen(page);
    await saysNoSound(page, 'turn-fails');
    const given = (await page.evaluate('vigiePeers.at(-1).getConfiguration().iceServers[0]')) as {
      urls: string[];
      username: string;
      credential: string;
    };
    t.match(given, { urls: [turn.url], credential: /^[\w+/]{27}=$/ });
    const endsInMs = Number(given.username.split(':')[0]) * 1_000 - Date.now();
    t.ok(endsInMs > 0 && endsInMs <= 12 * 3_600_000, `${endsInMs} ms`);
    await call.customer.hangup();
    await page.context().close();
    await server.end();
  },
);

t.test(
  'Without TURN the page says that no sound can flow, and without HTTPS that there is no microphone',
  async (t) => {
    const plain = `http://${network.host}:${port}`;
    server = await serveVigie(t, { ...settings, HOST: network.host });
    network.open([{ protocol: 'tcp', port }]);
    const page = await signIn(walled, plain, 'camille');
    await connectPhone(page);
    await page.getByText('This page is not on HTTPS: the browser gives it no microphone.').waitFor();
    const call = await talk();
    await listen(page);
    await saysNoSound(page, 'no-turn');
    const levels = await heardInPage(page, [call.customer.toneHz, call.agent.toneHz]);
    t.ok(
      levels.every((level) => level < silentMax),
      `as it says: ${levels.join(', ')}`,
    );
    await call.customer.hangup();
    await page.context().close();
  },
);
