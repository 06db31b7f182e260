/** An agent shares his screen in one Chromium, supervisors watch it in another: real pixels, through the real server of pages. */
import type { Page } from 'playwright-core';
import t from 'tap';
import type { AgentCall } from '../../src/contract/agents.ts';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser } from './support/browser.ts';
import { ensurePanelBuilt } from './support/built-panel.ts';
import { assertAccessible, assertFits } from './support/panel-page.ts';
import { keepMoving, percentile, screenReader, showWords } from './support/screen-reader.ts';
import { startScreensStage, watchByClicks } from './support/screens-stage.ts';

/** The picker answers by itself with the page's own tab: its real pixels. */
const sharing = [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream=display-media-type=browser',
];
const big = { size: [1920, 1080] as [number, number] };
/** What the supervisor may see a second after it is forbidden: nothing. */
const hideLimitMs = 1_000;

ensurePanelBuilt();
const agents = await launchBrowser(sharing);
const supervisors = await launchBrowser();
t.teardown(async () => {
  await agents.close();
  await supervisors.close();
});

const video = 'section[aria-label] video';
// Not `waitForFunction` with a text, which the page's content security policy refuses.
const pictureShown = (page: Page) =>
  waitFor(
    () => page.evaluate(`document.querySelector('${video}')?.videoWidth ?? 0`),
    (width) => (width as number) > 0,
    10_000,
  );

t.test(
  'A supervisor sees the agent’s screen move, whose it is and for how long; the agent sees a mark',
  async (t) => {
    const stage = await startScreensStage(t);
    const agent = await stage.agentShares(agents);
    const { page, complaints } = await stage.supervisor(supervisors);
    await keepMoving(agent.page);
    await watchByClicks(page, agent.agentId);
    await pictureShown(page);
    const colours = await screenReader(page).coloursAt(32, 32, 1_500);
    t.ok(colours.size >= 5, `${colours.size} colours of the moving square in 1.5 s`);
    await agent.page.waitForSelector('[data-watched]');
    t.match(await page.textContent('section[aria-label] h2'), /Alice Martin/);
    await assertAccessible(t, page, 'the panel while a screen is watched');
    await assertAccessible(t, agent.page, 'the agent page while it is watched');
    await assertFits(t, page, 'the panel while a screen is watched');
    t.same(await page.evaluate(`document.querySelector('${video}').srcObject.getAudioTracks().length`), 0);
    await page.getByRole('button', { name: 'Arrêter' }).click();
    await page.waitForSelector(video, { state: 'detached' });
    await agent.page.waitForSelector('[data-watched]', { state: 'detached' });
    t.match(
      stage.audited.map(({ action }) => action),
      ['screen.watch-started', 'screen.watch-ended'],
    );
    t.same(complaints.concat(agent.complaints), []);
  },
);

t.test(
  'Twelve-pixel text on a 1080p screen is read, and the picture changes at least five times a second',
  async (t) => {
    const stage = await startScreensStage(t);
    const agent = await stage.agentShares(agents, big);
    const words = await showWords(agent.page);
    const { page } = await stage.supervisor(supervisors);
    await keepMoving(agent.page);
    await watchByClicks(page, agent.agentId);
    await pictureShown(page);
    const reader = screenReader(page);
    t.same(await reader.size(), [1920, 1080], 'every pixel of the screen');
    const read = await waitFor(
      () => reader.read(words),
      ({ right }) => right >= words.length * 0.98,
      10_000,
    );
    t.comment(`${read.right} of ${words.length} words read`);
    const { framesPerSecond } = await reader.rate(3_000);
    t.comment(`${framesPerSecond} pictures a second`);
    t.ok(framesPerSecond >= 5, `${framesPerSecond} pictures a second`);
  },
);

t.test('Several watch one screen at once, each his own size', async (t) => {
  const stage = await startScreensStage(t);
  const agent = await stage.agentShares(agents);
  await keepMoving(agent.page);
  const watchers = await Promise.all([0, 1, 2].map(() => stage.supervisor(supervisors)));
  for (const { page } of watchers) {
    await watchByClicks(page, agent.agentId);
    await pictureShown(page);
  }
  for (const { page } of watchers) {
    const { framesPerSecond } = await screenReader(page).rate(1_500);
    t.ok(framesPerSecond >= 3, `${framesPerSecond} pictures a second for each of three`);
  }
  const [first, second] = watchers;
  await first!.page.getByText('Taille réelle').click();
  await first!.page.waitForSelector('[data-size=actual] video');
  await second!.page.getByRole('button', { name: 'Agrandir' }).click();
  await assertFits(t, second!.page, 'the large window');
  t.equal(stage.screens.of(agent.agentId).watchedBy.length, 3);
});

t.test('A second monitor is shared beside the first and chosen by the one who watches', async (t) => {
  const stage = await startScreensStage(t);
  const agent = await stage.agentShares(agents);
  await agent.page.evaluate(secondMonitor);
  await agent.page.getByRole('button', { name: 'Ajouter un écran' }).click();
  const { page } = await stage.supervisor(supervisors);
  await watchByClicks(page, agent.agentId);
  await pictureShown(page);
  const greenIs = (expected: boolean) =>
    waitFor(
      () => screenReader(page).coloursAt(300, 300, 200),
      (colours) => [...colours].every(isGreen) === expected,
      10_000,
    );
  await greenIs(false);
  await page.getByText('Écran 2').click();
  await page.waitForSelector('input[value="1"]:checked', { state: 'attached' });
  await greenIs(true);
  await page.getByText('Écran 1').click();
  await greenIs(false);
  await page.getByText('Écran 2').click();
  await greenIs(true);
  await agent.page.getByRole('button', { name: /Ne plus partager : .* 2/ }).click();
  await page.waitForSelector('input[value="1"]', { state: 'detached' });
  await greenIs(false);
  await agent.page.getByRole('button', { name: 'Ajouter un écran' }).click();
  await page.getByText('Écran 2').click();
  await greenIs(true);
  // As when its cable is pulled out.
  await agent.page.evaluate('secondTrack.stop(); secondTrack.dispatchEvent(new Event("ended"))');
  await page.waitForSelector('input[value="1"]', { state: 'detached' });
  await greenIs(false);
  t.equal(stage.screens.of(agent.agentId).watchedBy.length, 1, 'one viewing all the while');
});

/** What is shared next is green all over; a browser without a person has one tab to give, and no second monitor. */
const secondMonitor = `navigator.mediaDevices.getDisplayMedia = async () => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [1280, 720];
  const paint = canvas.getContext('2d');
  setInterval(() => { paint.fillStyle = '#00c000'; paint.fillRect(0, 0, 1280, 720); }, 100);
  const stream = canvas.captureStream(10);
  globalThis.secondTrack = stream.getVideoTracks()[0];
  return stream;
}`;
const isGreen = (colour: string): boolean => {
  const [red, green, blue] = colour.split(',').map(Number);
  return green! > 150 && red! < 80 && blue! < 80;
};

t.test('A pause hides the screen within a second, and shows it again after', async (t) => {
  const stage = await startScreensStage(t);
  const agent = await stage.agentShares(agents);
  await keepMoving(agent.page);
  const { page } = await stage.supervisor(supervisors);
  await watchByClicks(page, agent.agentId);
  await pictureShown(page);
  const reader = screenReader(page);
  t.ok((await reader.arrivesIn(1_000)) > 0, 'pictures arrive');
  const beganMs = performance.now();
  stage.change(agent.agentId, { row: { state: 'paused' } });
  await page.waitForSelector(video, { state: 'detached', timeout: hideLimitMs });
  await page.getByText('L’agent est en pause : son écran n’est pas montré.').waitFor();
  t.ok(
    performance.now() - beganMs < hideLimitMs,
    `hidden after ${Math.round(performance.now() - beganMs)} ms`,
  );
  await agent.page.getByText('En pause : rien n’est montré').waitFor();
  t.equal(await reader.arrivesIn(1_000), 0, 'no picture leaves the agent’s page either');
  stage.change(agent.agentId, { row: { state: 'available' } });
  await pictureShown(page);
  t.ok((await reader.coloursAt(32, 32, 1_500)).size >= 3, 'it moves again');
});

t.test(
  'A private call and a share that stops end it within a second, and the supervisor is told why',
  async (t) => {
    const stage = await startScreensStage(t);
    const agent = await stage.agentShares(agents);
    stage.change(agent.agentId, { row: { state: 'on-call', calls: [call] } });
    const { page } = await stage.supervisor(supervisors);
    const cases: [RegExp, () => unknown][] = [
      [
        /privé/,
        () =>
          stage.change(agent.agentId, {
            facts: {
              legs: [{ state: 'talking', certain: true, takeable: true, protectedBy: 'private-call' }],
            },
          }),
      ],
      [/ne partage plus/, () => agent.page.getByRole('button', { name: 'Arrêter le partage' }).click()],
    ];
    for (const [says, happens] of cases) {
      stage.change(agent.agentId, { facts: { legs: [] } });
      await page.waitForSelector(`[data-agent-id="${agent.agentId}"] [data-menu]`);
      await watchByClicks(page, agent.agentId);
      await pictureShown(page);
      await happens();
      await page.waitForSelector(video, { state: 'detached', timeout: hideLimitMs });
      await page.getByText(says).first().waitFor();
    }
    await page.waitForSelector(`[data-agent-id="${agent.agentId}"] [data-menu]`, { state: 'detached' });
  },
);

t.test('The first picture comes at once, also of a screen where nothing moves', async (t) => {
  const stage = await startScreensStage(t);
  const agent = await stage.agentShares(agents, big);
  const { page } = await stage.supervisor(supervisors);
  const still = await attach(page, agent.agentId, 10);
  await keepMoving(agent.page);
  const moving = await attach(page, agent.agentId, 20);
  for (const [what, ms] of [
    ['still', still],
    ['moving', moving],
  ] as const)
    t.comment(`${what}: p50 ${percentile(ms, 0.5)} ms, p95 ${percentile(ms, 0.95)} ms of ${ms.length}`);
  // What is aimed at on a machine of its own (300 and 500 ms) is measured by scripts/bench; here many tests share two cores.
  t.ok(percentile(moving, 0.5) <= 1_000, 'moving');
  t.ok(percentile(still, 0.95) <= 1_500, 'still');
});

/** Milliseconds from each submit to the first picture. */
async function attach(page: Page, agentId: string, times: number): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    await watchByClicks(page, agentId);
    const ms = await waitFor(() => page.evaluate('globalThis.firstFrameMs ?? 0'), Boolean, 10_000);
    taken.push(ms as number);
    await page.getByRole('button', { name: 'Arrêter' }).click();
    await page.waitForSelector(video, { state: 'detached' });
  }
  return taken;
}

const call: AgentCall = {
  id: '0192f000-0003-7000-8000-000000000001',
  direction: 'inbound',
  queue: null,
  with: { number: null, name: null },
  state: 'talking',
  since: new Date().toISOString(),
  device: 'PJSIP/1',
  marks: [],
};
