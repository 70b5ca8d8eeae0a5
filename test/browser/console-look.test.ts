// How the console looks, as far as a machine can tell: both themes, contrast, widths, no jumping, names for everything.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { chromiumPath, consoleRig, inPage, type ConsoleRig } from './support/console-page.ts';

const contrastAudit = readFileSync(new URL('support/contrast-audit.js', import.meta.url), 'utf8');

const CUT_OFF = `[...document.querySelectorAll('h2, .figure-value, .col-id, .col-age, .panel-link, nav a')]
  .filter((element) => element.getBoundingClientRect().right > window.innerWidth)
  .map((element) => element.textContent)`;

const NAMELESS = `[...document.querySelectorAll('a, button')]
  .filter((element) => (element.textContent.trim() + (element.getAttribute('aria-label') ?? '')) === '')
  .map((element) => element.outerHTML)`;

/** Adds up layout shifts from now on. */
const WATCH_SHIFTS = `window.shift = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({ type: 'layout-shift' })`;

describe.skipIf(chromiumPath === undefined)('the look of the console', () => {
  let rig: ConsoleRig;
  beforeAll(async () => {
    rig = await consoleRig({ conversations: 46, deadLetters: 7 });
    await rig.deployment.redis.hset(rig.deployment.keys.partition(9).meta, 'paused', 'poison flood');
    await rig.deployment.work(Date.now(), 40);
  });
  afterAll(() => rig?.close());

  const background = (page: Page): Promise<string> => inPage(page, 'getComputedStyle(document.body).backgroundColor');

  it('follows the system until the toggle is pressed, and remembers the choice', async () => {
    const { page, close } = await rig.open({ colorScheme: 'dark' });
    const dark = await background(page);
    await page.getByRole('button', { name: 'Use the light theme' }).click();
    const light = await background(page);
    expect(light).not.toBe(dark);
    await page.reload();
    expect(await background(page)).toBe(light);
    await page.getByRole('button', { name: 'Use the dark theme' }).click();
    expect(await background(page)).toBe(dark);
    await close();
  });

  it.each(['light', 'dark'] as const)('has AA contrast everywhere, %s', async (colorScheme) => {
    const { page, close } = await rig.open({ colorScheme });
    await page.locator('.paused-list li').first().waitFor();
    expect(await inPage(page, contrastAudit)).toEqual([]);
    // the control: the audit sees a faint text
    await inPage(page, "document.querySelector('h2').style.color = '#777777'");
    expect(await inPage(page, contrastAudit)).toHaveLength(1);
    await close();
  });

  it.each([380, 760, 1180, 1440, 1600])('fits %i pixels', async (width) => {
    const { page, close } = await rig.open({ viewport: { width, height: 900 } });
    const overflow = await inPage<number>(page, 'document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    const cut = await inPage<string[]>(page, CUT_OFF);
    expect(cut).toEqual([]);
    await close();
  });

  it('does not move when figures change', async () => {
    const { page, close } = await rig.open();
    await inPage(page, WATCH_SHIFTS);
    const beats = page.locator('.figure', { hasText: 'Events' }).locator('.trend-line');
    for (const events of [5, 900, 30]) {
      const before = await beats.getAttribute('d');
      await rig.deployment.work(Date.now(), events);
      await eventually(
        'the next figures',
        () => beats.getAttribute('d'),
        (shape) => shape !== before,
      );
    }
    expect(await inPage<number>(page, 'window.shift')).toBeLessThan(0.005);
    await close();
  });

  it('keeps still for who wants less motion', async () => {
    const { page, close } = await rig.open({ reducedMotion: 'reduce' });
    const animation = "getComputedStyle(document.querySelector('.status-dot')).animationName";
    expect(await inPage(page, animation)).toBe('none');
    await close();
  });

  it('can be walked through: landmarks, headings, names, heads of tables, visible focus', async () => {
    const { page, close } = await rig.open();
    for (const role of ['banner', 'navigation', 'main'] as const) expect(await page.getByRole(role).count()).toBe(1);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    const nameless = await inPage<string[]>(page, NAMELESS);
    expect(nameless).toEqual([]);
    for (const table of await page.locator('table').all()) {
      expect(await table.locator('thead th[scope=col]').count()).toBeGreaterThan(3);
      expect(await table.locator('tbody tr:first-child th[scope=row]').count()).toBe(1);
    }
    expect(await page.locator('[aria-live], [role=status], [role=alert], output').count()).toBe(1);
    await page.keyboard.press('Tab');
    expect(await inPage(page, 'document.activeElement.textContent')).toBe('Skip to the figures');
    await page.keyboard.press('Tab');
    const outline = await inPage(page, 'getComputedStyle(document.activeElement).outlineWidth');
    expect(outline).toBe('2px');
    await close();
  });
});
