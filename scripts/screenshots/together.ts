import type { Page } from 'playwright-core';
import type { Lab } from '../lab/index.ts';
import type { openStudio } from './studio.ts';

/** A number with which somebody listens without Vigie. */
export const spyingDialplan = `
[codes](+)
exten => 5551,1,ChanSpy(PJSIP/1001,q)
`;

interface Together {
  lab: Lab;
  studio: Awaited<ReturnType<typeof openStudio>>;
  /** The agent's page; his phone is 1001. */
  desk: Page;
}

const row = '[role=row][data-agent-id]:has-text("Alice Martin")';

/** Pictures for which a supervisor and an agent are needed: a chat, a call for help, a screen; and a caller who waits. */
export async function takeTogether({ lab, studio, desk }: Together): Promise<void> {
  // Nobody picks up before the pictures are taken.
  const agents = Array.from({ length: 9 }, (_, i) => String(1001 + i));
  for (const number of agents) lab.phones.behave(number, { answer: 'auto', answerAfterMs: 25_000 });
  const waiting = await lab.phones.call({
    from: 'customer',
    callerId: '0240506070',
    callerName: 'Paul Girard',
    to: '8003',
    codec: 'alaw',
  });
  await studio.everywhere((page) => page.goto(new URL('/', page.url()).href));
  await studio.take('move', {
    async before(page) {
      await page.locator('input[value=calls] + label').click();
      await page.locator('[data-move]').first().click();
    },
    after: (page) => page.reload(),
  });
  await waiting.hangup();

  for (const number of agents) lab.phones.behave(number, { answer: 'auto', answerAfterMs: 4_000 });
  const customer = await lab.phones.call({
    from: 'customer',
    callerId: '0612345678',
    callerName: 'Hélène Vidal',
    to: '1001',
    codec: 'alaw',
  });
  await customer.waitAnswered();
  await studio.take('chat', { before: (page) => talk(page, desk), after: (page) => page.reload() });
  await desk.locator('[data-do=help]').click();
  await studio.take('help');
  await desk.locator('section[data-tone=signal] button').last().click();

  await desk.locator('main button:has(svg.tabler-icon-screen-share)').click();
  await desk.waitForSelector('[data-sharing]');
  await studio.take('screen', { before: watch, after: (page) => page.reload() });

  const spy = await lab.phones.call({ from: '1902', to: '5551' });
  await studio.take('outside', {
    async before(page) {
      await page.locator(`${row} [data-outside]`).waitFor();
      await page.locator('nav button:has(svg.tabler-icon-bell-ringing)').click();
    },
  });
  await spy.hangup();
  await customer.hangup();
  await desk.context().close();
}

/** Opened from the agent's row. The first page writes, and is answered; the others show what was written. */
async function talk(page: Page, desk: Page): Promise<void> {
  await page.locator(row).focus();
  await page.keyboard.press('c');
  const field = page.locator('aside textarea');
  await field.waitFor();
  if (await page.locator('[data-chat-pane] [data-seq]').count()) return;
  await field.fill('Pensez à proposer le suivi en ligne.');
  await field.press('Enter');
  await page.locator('[data-seq="1"]').waitFor();
  await desk.getByRole('list', { name: 'Conversations' }).getByRole('button').first().click();
  const answer = desk.locator('[data-chat-pane] textarea');
  await answer.fill('C’est noté, merci !');
  await answer.press('Enter');
  await page.locator('[data-seq="2"]').waitFor();
}

async function watch(page: Page): Promise<void> {
  await page.locator(row).focus();
  await page.keyboard.press('s');
  await page.fill('[role=dialog] input[data-autofocus]', 'Accompagnement');
  await page.keyboard.press('Enter');
  const isShown = `document.querySelector('section[aria-label] video')?.videoWidth > 0`;
  for (let tries = 0; tries < 100 && !(await page.evaluate(isShown)); tries++) await page.waitForTimeout(100);
}
