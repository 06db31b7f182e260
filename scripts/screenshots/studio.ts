import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import type { SignIn } from '../up/first-sign-in.ts';

const languages = { fr: 'fr-FR', en: 'en-GB' } as const;
const themes = ['light', 'dark'] as const;
const stepLimitMs = 20_000;
const bar = 'section[data-mode]';
const sharingByItself = [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream=display-media-type=browser',
];

/** Where each picture is taken, and what must be there first; null: where the page is. */
const places = {
  'sign-in': [null, 'input[name=login]'],
  'live-board': ['/', '[role=row][data-agent-id]'],
  listening: ['/', `${bar} time`],
  calls: ['/calls', 'tbody tr'],
  'call-detail': [null, '[role=dialog] ol li'],
  takeover: [null, '[role=dialog] button[type=submit]'],
  'hand-over': [null, '[role=dialog] [role=option]'],
  phone: [null, '[role=dialog] button'],
  evaluations: ['/evaluations', 'h1'],
  exchanges: ['/exchanges', 'h1'],
  agents: ['/admin/agents', 'tbody tr'],
  'agent-form': ['/admin/agents?add', '[role=dialog] input'],
  teams: ['/admin/teams', 'tbody tr'],
  queues: ['/admin/queues', 'tbody tr'],
  pauses: ['/admin/pauses', 'form'],
  alerts: ['/admin/alerts', 'form'],
  policy: ['/admin/policy', 'form'],
  people: ['/admin/people', 'tbody tr'],
  audit: ['/audit', 'tbody tr'],
  wall: ['/wall', 'h1'],
  account: ['/account', 'form'],
  'agent-page': ['/agent', 'main section'],
  chat: [null, '[data-chat-pane] [data-seq]'],
  help: ['/', '[data-help]'],
  outside: [null, 'li[data-kind=heard-outside]'],
  move: [null, '[role=dialog] [role=option]'],
  screen: [null, 'section[aria-label] video'],
} satisfies Record<string, [path: string | null, ready: string]>;
type Picture = keyof typeof places;
const size = { width: 1440, height: 900 };

interface Around {
  before?(page: Page): Promise<unknown>;
  after?(page: Page): Promise<unknown>;
}

interface StudioOptions {
  address: string;
  signIn: SignIn;
  folder: string;
  fontConfig: string;
}

/** The same page four times: French and English, light and dark. */
export async function openStudio({ address, signIn, folder, fontConfig }: StudioOptions) {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    // The picker of a shared screen answers by itself, with the page's own tab.
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...sharingByItself],
    env: { ...process.env, FONTCONFIG_FILE: fontConfig },
  });
  let pages: { page: Page; name: string }[] = [];
  const openPages = async () => {
    pages = [];
    for (const language of ['fr', 'en'] as const) {
      for (const colorScheme of themes) {
        const context = await browser.newContext({
          locale: languages[language],
          colorScheme,
          viewport: size,
        });
        const page = await context.newPage();
        page.setDefaultTimeout(stepLimitMs);
        await page.goto(address);
        pages.push({ page, name: `${language}-${colorScheme}` });
      }
    }
  };
  await openPages();
  const everywhere = async (act: (page: Page) => Promise<unknown>): Promise<void> => {
    for (const { page } of pages) await act(page);
  };
  const first = pages[0]!.page;
  const get = async <T>(path: string): Promise<T> => {
    const reply = await first.context().request.get(address + path);
    if (!reply.ok()) throw new Error(`GET ${path}: ${reply.status()}`);
    return (await reply.json()) as T;
  };

  return {
    everywhere,
    /** The same pictures as somebody else from here on. */
    async changePerson(other: SignIn): Promise<void> {
      await openPages();
      await everywhere((page) => signInAs(page, other, 'main'));
    },
    enter: () => everywhere((page) => signInAs(page, signIn)),
    /** `before` and `after` are done in each page: for what a person can have in one page only. */
    async take(picture: Picture, { before, after }: Around = {}): Promise<void> {
      const [path, ready] = places[picture];
      for (const { page, name } of pages) {
        if (path !== null) await page.goto(address + path);
        await before?.(page);
        await page.locator(ready).first().waitFor();
        await page.evaluate('document.fonts.ready');
        await page.mouse.move(size.width / 2, size.height - 1);
        await page.screenshot({ path: join(folder, `${picture}-${name}.png`), animations: 'disabled' });
        await after?.(page);
      }
    },
    /** One page beside the others, of an agent at work. */
    async openDesk(agent: SignIn): Promise<Page> {
      const context = await browser.newContext({
        locale: languages.fr,
        viewport: { width: 1280, height: 800 },
      });
      const page = await context.newPage();
      page.setDefaultTimeout(stepLimitMs);
      await page.goto(`${address}/agent`);
      await signInAs(page, agent, 'main');
      return page;
    },
    /** Waits until so many calls have ended, while some agents talk and some are free. */
    async untilCalls(finished: number, limitMs: number): Promise<void> {
      const deadline = Date.now() + limitMs;
      for (;;) {
        const { items } = await get<{ items: { endedAt: string | null }[] }>('/api/calls?limit=100');
        const inState = (state: string) => first.locator(`[data-agent-id][data-state=${state}]`).count();
        const lively = (await inState('on-call')) >= 4 && (await inState('available')) >= 1;
        if (items.filter(({ endedAt }) => endedAt !== null).length >= finished && lively) return;
        if (Date.now() > deadline) throw new Error(`Only ${items.length} calls in ${limitMs / 1000} s`);
        await first.waitForTimeout(500);
      }
    },
    /** Starts listening to the agent who talks with this number, on the supervisor's own phone. */
    async listenTo(number: string, reason: string): Promise<void> {
      await first.goto(address);
      const row = first.locator('[data-agent-id][data-state=on-call]', { hasText: number });
      await row.locator('[data-action=listen]').click();
      await first.fill('[role=dialog] input[data-autofocus]', reason);
      await first.keyboard.press('Enter');
      await first.locator(`${bar} time`, { hasText: /0:0[4-9]/ }).waitFor();
    },
    /** The question whether to take the call over, of whom is listened to; then, taken over, to whom to hand it. */
    async askTakeover(): Promise<void> {
      await everywhere(async (page) => {
        await page.locator('[data-agent-id][data-mine]').focus();
        await page.keyboard.press('i');
      });
    },
    async takeOver(): Promise<void> {
      await everywhere((page) =>
        page === first ? page.click('[role=dialog] [type=submit]') : page.keyboard.press('Escape'),
      );
      await everywhere((page) => page.click('[data-hand-over]'));
    },
    async stopListening(): Promise<void> {
      await first.locator(`${bar} button`).last().click();
      await first.locator(bar).waitFor({ state: 'detached' });
    },
    async openRecordOf(number: string): Promise<void> {
      const found = `/api/calls?q=${number}`;
      const deadline = Date.now() + stepLimitMs;
      for (;;) {
        const { items } = await get<{ items: { id: string; endedAt: string | null }[] }>(found);
        const [call] = items;
        if (call?.endedAt) return everywhere((page) => page.goto(`${address}/calls/${call.id}`));
        if (Date.now() > deadline) throw new Error(`No record of ${number}`);
        await first.waitForTimeout(250);
      }
    },
    close: () => browser.close(),
  };
}

async function signInAs(page: Page, { login, password }: SignIn, ready = 'nav'): Promise<void> {
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
  await page.waitForSelector(ready);
}
