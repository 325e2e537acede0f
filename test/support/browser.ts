// A headless Chromium for tests that look at pages as people do.
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/** A node:test option that skips aloud where there is no Chromium. */
export function needsChromium(): { skip?: string; timeout: number } {
  return { ...(executable === undefined ? { skip: 'not installed: chromium' } : {}), timeout: 180_000 };
}

/** Root has no sandbox in Chromium; pages are our own. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: executable ?? '', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** What a page did while it was looked at. */
export interface WatchedPage {
  page: Page;
  /** Errors of the console, of scripts and of the policy. */
  complaints: string[];
  /** Addresses of all requests. */
  requests: string[];
}

/** Opens an address; the page is closed with the test. */
export async function openPage(
  context: TestContext,
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const session = await browser.newContext(options);
  context.after(() => session.close());
  const page = await session.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}
