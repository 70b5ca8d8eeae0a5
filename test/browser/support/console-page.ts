// The console in a real browser, over the API, over a filled Redis. Invariant: whatever the page asks of another
// origin, and whatever it complains of in its console, is kept for the test to look at.
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { inject } from 'vitest';
import type { ApiNeeds } from '../../../src/api/needs.ts';
import type { Api } from '../../../src/api/server.ts';
import { buildConsole } from './console-build.ts';
import { PASSWORD, startSampleApi } from './sample-api.ts';
import { sampleDeployment, type SampleDeployment } from './sample-deployment.ts';

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
];

/** What Debian, Ubuntu and Fedora call it. */
export const chromiumPath = [process.env['CHROMIUM_PATH'] ?? '', ...CANDIDATES].find(
  (path) => path !== '' && existsSync(path),
);

if (chromiumPath === undefined) {
  console.log('Browser tests are skipped: no Chromium found (install the package chromium, or set CHROMIUM_PATH).');
}

/** Without the last four it talks to its maker’s servers at every start. */
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The value of an expression in the page: the tests themselves are not compiled against a browser. */
export const inPage = async <T>(page: Page, expression: string): Promise<T> => (await page.evaluate(expression)) as T;

export interface WatchedPage {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly foreign: readonly string[];
  readonly close: () => Promise<void>;
}

export interface ConsoleRig {
  readonly api: Api;
  readonly deployment: SampleDeployment;
  /** A page of its own profile; `signedIn` starts at the console. */
  open(options?: BrowserContextOptions & { readonly signedIn?: boolean }): Promise<WatchedPage>;
  close(): Promise<void>;
}

export async function consoleRig(
  sample: { conversations: number; deadLetters: number },
  changes: Partial<ApiNeeds> = {},
): Promise<ConsoleRig> {
  const build = await buildConsole();
  const deployment = await sampleDeployment({ redisUrl: inject('redisUrl'), now: Date.now(), ...sample });
  const api = await startSampleApi(deployment, { ...changes, consoleDir: build.consoleDir, assets: build.assets });
  const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ARGS });
  return {
    api,
    deployment,
    open: (options = {}) => openPage(browser, api, options),
    close: async () => {
      await browser.close();
      await api.close();
      await deployment.close();
      await build.remove();
    },
  };
}

async function openPage(
  browser: Browser,
  api: Api,
  { signedIn = true, ...options }: BrowserContextOptions & { readonly signedIn?: boolean },
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && origin !== api.url) foreign.push(request.url());
  });
  if (signedIn) await signIn(page, api);
  return { page, complaints, foreign, close: () => context.close() };
}

async function signIn(page: Page, api: Api): Promise<void> {
  await page.goto(`${api.url}/`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${api.url}/`);
  await page.locator('.figure-value', { hasText: /\d/ }).first().waitFor();
  await page.locator('#conversations tr, #conversations-empty:not([hidden])').first().waitFor();
}
