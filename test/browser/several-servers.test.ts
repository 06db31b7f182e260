/** A panel behind a proxy that knows two servers: what a supervisor sees when the one his page came from is killed. */
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import type { Page } from 'playwright-core';
import t from 'tap';
import { startRedis } from '../support/redis.ts';
import { openServersScene, password } from '../support/servers-scene.ts';
import type { Server } from '../support/vigie.ts';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';

t.setTimeout(240_000);
ensurePanelBuilt();
const redis = await startRedis(t);
const scene = await openServersScene(t, 'panels', redis.url);
const browser = await launchBrowser();
t.teardown(() => browser.close());

/** As proxies do: to the first server that takes the connection, in this order. */
async function proxyTo(servers: () => readonly Server[]): Promise<string> {
  const proxy = createServer((client) => {
    const [...left] = servers();
    client.on('error', () => client.destroy());
    const next = () => {
      const server = left.shift();
      if (!server) return void client.destroy();
      const behind = createConnection(Number(new URL(server.address).port), '127.0.0.1');
      behind.once('error', next);
      behind.once('connect', () => {
        behind.off('error', next);
        behind.on('error', () => client.destroy());
        client.on('close', () => behind.destroy());
        client.pipe(behind).pipe(client);
      });
    };
    next();
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => proxy.close());
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

const stale = '[data-stale]';
const pbxNotice = '[role=status] [data-kind=bad]';
/** He is in no queue: `offline` when he does not talk. */
const agentIn = (state: string) => `[role=row][data-agent-id][data-state=${state}]`;

async function openPanel(address: string): Promise<Page> {
  const { page } = await openPage(browser, address, { language: 'en' });
  await page.fill('input[name=login]', 'sophie');
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=row][data-agent-id]');
  return page;
}

/** Kills the server while the agent talks and the customer hangs up: when the page told that it is stale, and when it was true again. */
async function killUnder(page: Page, server: Server): Promise<{ toldMs: number; trueMs: number }> {
  const { customer } = await scene.talk();
  await page.waitForSelector(agentIn('on-call'));
  const atMs = performance.now();
  const since = () => Math.round(performance.now() - atMs);
  const told = page.waitForSelector(stale, { state: 'attached' }).then(since);
  await server.end('SIGKILL');
  await customer.hangup();
  const toldMs = await told;
  const isThere = async (selector: string) => (await page.locator(selector).count()) > 0;
  await waitFor(
    async () => (await isThere(agentIn('offline'))) && !(await isThere(stale)) && !(await isThere(pbxNotice)),
  );
  return { toldMs, trueMs: since() };
}

t.test('A server without the PBX is killed: its panels are right again on another', async (t) => {
  const [owner, other] = await scene.inOrder([scene.first, scene.second]);
  const page = await openPanel(await proxyTo(() => [other, owner]));
  const { toldMs, trueMs } = await killUnder(page, other);
  t.comment(`stale after ${toldMs} ms, right after ${trueMs} ms`);
  t.ok(toldMs < trueMs, 'it says so meanwhile');
  t.ok(trueMs <= 6_000, `${trueMs} ms, aim 2 s`);
  await page.context().close();
});

t.test('The server that has the PBX is killed: its panels are right again on another', async (t) => {
  const owner =
    scene.first.child.exitCode === null && scene.first.child.signalCode === null ? scene.first : scene.second;
  const next = await scene.serve();
  await waitFor(() => scene.owns(owner));
  const page = await openPanel(await proxyTo(() => [owner, next]));
  const { toldMs, trueMs } = await killUnder(page, owner);
  t.comment(`stale after ${toldMs} ms, right after ${trueMs} ms`);
  t.ok(toldMs < trueMs, 'it says so meanwhile');
  t.ok(trueMs <= 15_000, `${trueMs} ms, aim 5 s`);
  await page.context().close();
});
