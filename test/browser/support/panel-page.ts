import type { Browser, Page } from 'playwright-core';
import type { Test } from 'tap';
import { accessibilityFindings, launchBrowser, openPage, type PageOptions } from './browser.ts';
import { ensurePanelBuilt } from './built-panel.ts';
import { type FixtureOptions, startFixture } from './fixture-server.ts';

// A stuck step says so long before the file's own limit does.
const stepLimitMs = 15_000;
export const agentRow = '[role=row][data-agent-id]';

/** One browser for a test file; `open` gives each test a fixture and a page of its own, closed after it. */
export async function startPanelBrowser(t: Test) {
  ensurePanelBuilt();
  const browser: Browser = await launchBrowser();
  t.teardown(() => browser.close());
  return async (t: Test, options: FixtureOptions & PageOptions & { path?: string }) => {
    const fixture = await startFixture(options);
    const { page, complaints, context } = await openPage(
      browser,
      fixture.url + (options.path ?? '/'),
      options,
    );
    page.setDefaultTimeout(stepLimitMs);
    t.teardown(async () => {
      await context.close();
      await fixture.close();
    });
    return { fixture, page, complaints };
  };
}

export async function assertAccessible(t: Test, page: Page, what: string): Promise<void> {
  t.same(await accessibilityFindings(page), [], `${what}: no accessibility finding`);
}

/** Nothing is wider than the window: no part of the page is pushed out of sight. */
export async function assertFits(t: Test, page: Page, what: string): Promise<void> {
  const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  t.ok((wide as number) <= 0, `${what} fits the window`);
}
