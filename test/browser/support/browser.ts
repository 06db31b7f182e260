import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** `args` beside those every test needs. `wrapped` makes of the program's path that of one which runs it, elsewhere. */
export const launchBrowser = (
  args: string[] = [],
  wrapped = (program: string) => program,
): Promise<Browser> =>
  chromium.launch({
    executablePath: wrapped(executablePath),
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...args],
  });

export interface PageOptions {
  language?: 'fr' | 'en';
  theme?: 'light' | 'dark';
  size?: [number, number];
  context?: BrowserContextOptions;
}

/** A page of its own context; whatever it complains about is kept in `complaints`. */
export async function openPage(browser: Browser, url: string, options: PageOptions = {}) {
  const [width, height] = options.size ?? [1280, 720];
  const context = await browser.newContext({
    locale: options.language === 'en' ? 'en-GB' : 'fr-FR',
    colorScheme: options.theme ?? 'light',
    viewport: { width, height },
    // A page is judged as it stands, never halfway through a fade.
    reducedMotion: 'reduce',
    ...options.context,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // A refused request is logged by the browser itself; tests provoke those.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      complaints.push(`console: ${message.text()}`);
  });
  await page.goto(url);
  return { page, complaints, context };
}

export interface AxeFinding {
  id: string;
  impact: string | null | undefined;
  nodes: string[];
}

/** WCAG 2.2 A and AA rules on what the page shows now. */
export async function accessibilityFindings(page: Page): Promise<AxeFinding[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    interface Axe {
      run(o: unknown): Promise<{
        violations: {
          id: string;
          impact: string | null;
          nodes: { html: string; failureSummary?: string }[];
        }[];
      }>;
    }
    const { axe } = globalThis as unknown as { axe: Axe };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await axe.run({ runOnly: { type: 'tag', values: tags } });
    return violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      nodes: nodes.slice(0, 4).map((node) => `${node.html.slice(0, 200)} — ${node.failureSummary ?? ''}`),
    }));
  });
}
