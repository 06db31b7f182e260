/**
 * From the moment a change is handed to the browser's socket to the frame in which its row is painted in Chromium: the whole way
 * over Socket.IO, the panel's store, React and the screen. Half of the changes fall on rows in sight, which are the ones measured.
 * Settings: AGENTS (1000), EVENTS_PER_SECOND (45), SECONDS (20).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { AgentState } from '../../src/contract/agents.ts';
import { launchBrowser, openPage } from '../../test/browser/support/browser.ts';
import { ensurePanelBuilt } from '../../test/browser/support/built-panel.ts';
import { type Fixture, startFixture } from '../../test/browser/support/fixture-server.ts';
import { inState } from '../../test/browser/support/floor.ts';

const agents = Number(process.env['AGENTS'] || 1_000);
const eventsPerSecond = Number(process.env['EVENTS_PER_SECOND'] || 45);
const seconds = Number(process.env['SECONDS'] || 20);
const aimP99Ms = 50;
const states: AgentState[] = ['on-call', 'available', 'ringing', 'paused', 'wrap-up', 'on-hold'];

/** Runs in the page: notes when each row's new `since` has been painted, by its text. */
const watchPaint = `
  globalThis.painted = [];
  const channel = new MessageChannel();
  let waiting = [];
  channel.port1.onmessage = () => {
    const atMs = Date.now();
    for (const key of waiting.splice(0)) globalThis.painted.push([key, atMs]);
  };
  new MutationObserver((changes) => {
    const keys = changes.map(({ target }) => target.getAttribute('datetime'));
    requestAnimationFrame(() => {
      waiting.push(...keys);
      channel.port2.postMessage(null);
    });
  }).observe(document.querySelector('[role=grid]'), { subtree: true, attributeFilter: ['datetime'] });
`;

interface Delays {
  measured: number;
  missing: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
}

ensurePanelBuilt();
// The same changes on a floor of one agent: what browser, socket and machine cost by themselves, now.
const floorOfOne = await measure(1);
const full = await measure(agents);
const p99Ratio = Number((full.p99Ms / floorOfOne.p99Ms).toFixed(2));
console.log(
  JSON.stringify({
    benchmark: 'panel-paint',
    agents,
    eventsPerSecond,
    ...full,
    aimP99Ms,
    floorOfOne,
    p99Ratio,
  }),
);
if (full.missing > 0 || full.measured === 0) process.exitCode = 1;

async function measure(agentsOnFloor: number): Promise<Delays> {
  const fixture = await startFixture({ agents: agentsOnFloor });
  const browser = await launchBrowser();
  try {
    const { page } = await openPage(browser, fixture.url, { size: [1920, 1080] });
    await page.waitForSelector('[role=row][data-agent-id]');
    await page.evaluate(watchPaint);
    const sentAtMs = await sendChanges(fixture, await idsInSight(page));
    await delay(1_000);
    const painted = (await page.evaluate('globalThis.painted')) as [string, number][];
    return delaysOf(sentAtMs, new Map(painted));
  } finally {
    await browser.close();
    await fixture.close();
  }
}

function idsInSight(page: Page): Promise<string[]> {
  return page.locator('[role=row][data-agent-id]').evaluateAll((rows) => {
    const inSight = rows as unknown as {
      dataset: { agentId: string };
      getBoundingClientRect(): { bottom: number };
    }[];
    return inSight
      .filter((row) => row.getBoundingClientRect().bottom < 1080)
      .map((row) => row.dataset.agentId);
  });
}

/** When each change that falls on a row in sight was sent, by the `since` it carries. */
async function sendChanges(
  { change, agent, floor }: Fixture,
  inSight: string[],
): Promise<Map<string, number>> {
  const sentAtMs = new Map<string, number>();
  const all = floor().agents.map(({ id }) => id);
  const total = eventsPerSecond * seconds;
  const startMs = Date.now();
  for (let i = 0; i < total; i++) {
    await delay(Math.max(0, startMs + (i * 1_000) / eventsPerSecond - Date.now()));
    const watched = i % 2 === 0;
    const id = watched ? inSight[(i / 2) % inSight.length]! : all[(i * 37) % all.length]!;
    // Every `since` is another, so that it names its change.
    const since = new Date(startMs - 3_600_000 + i).toISOString();
    const next = { ...inState(agent(id), states[i % states.length]!, i, startMs), since };
    const { at } = change({ agents: [next] });
    if (watched) sentAtMs.set(since, Date.parse(at));
  }
  return sentAtMs;
}

function delaysOf(sentAtMs: Map<string, number>, painted: Map<string, number>): Delays {
  const delaysMs = [...sentAtMs]
    .flatMap(([key, sent]) => (painted.has(key) ? [painted.get(key)! - sent] : []))
    .sort((a, b) => a - b);
  const at = (share: number) =>
    delaysMs[Math.min(delaysMs.length - 1, Math.floor(share * delaysMs.length))] ?? Number.NaN;
  return {
    measured: delaysMs.length,
    missing: sentAtMs.size - delaysMs.length,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    maxMs: at(1),
  };
}
