// The panel of enrichment: figures, what came of each, and what holds it back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { chromiumPath, consoleRig, type ConsoleRig } from './support/console-page.ts';

const shots = process.env['CONSOLE_SHOTS'];

describe.skipIf(chromiumPath === undefined)('enrichment in the console', () => {
  let rig: ConsoleRig;
  beforeAll(async () => {
    rig = await consoleRig({ conversations: 12, deadLetters: 3 });
    const { deployment, api } = rig;
    await deployment.work(Date.now(), 0);
    // figures of a window are told from the first look on
    await fetch(`${api.url}/readyz`);
  });
  afterAll(() => rig?.close());

  it('shows success, latency and what came of each', async () => {
    const { page, complaints, close } = await rig.open();
    const shown = (): Promise<string[]> => page.locator('#enrichment dd').allInnerTexts();
    await eventually('tiles', shown, (texts) => texts.length === 5);
    await rig.deployment.work(Date.now(), 1200);
    const texts = await eventually('figures', shown, (now) => !now.includes('–'));
    expect(texts[0]).toMatch(/^9[5-9]\.\d %$/);
    for (const text of texts.slice(1, 4)) expect(text).toMatch(/^\d+(\.\d)? ms$/);
    expect(texts[4]).toMatch(/^\d\d\.\d %$/);
    expect(await page.locator('#enrichment dt').allInnerTexts()).toEqual([
      'Success',
      'p50',
      'p95',
      'p99',
      'Cache hits',
    ]);
    expect(await page.locator('#enrichment-outcomes').innerText()).toMatch(/^\d+ injected\s+\d+ not found\s+\d+ ended/);
    expect(await page.locator('#enrichment-outcomes .is-alarming').innerText()).toMatch(/^\d+ failed$/);
    expect(await page.locator('#enrichment-note').innerText()).toBe('last 15 min');
    expect(complaints).toEqual([]);
    await close();
  });

  it.skipIf(shots === undefined)('can be looked at', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [390, 1440]) {
        const { page, close } = await rig.open({ colorScheme, viewport: { width, height: 900 } });
        await page.locator('#enrichment dd').first().waitFor();
        await page.screenshot({ path: `${shots}/enrichment-${colorScheme}-${width}.png`, fullPage: true });
        await page.locator('section', { has: page.locator('#enrichment') }).last().screenshot({ path: `${shots}/panel-${colorScheme}-${width}.png` }); // prettier-ignore
        await close();
      }
    }
  });
});
