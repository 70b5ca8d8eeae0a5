// The webhook targets in the console: what is seen of them, and the switch, used as a person uses it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { chromiumPath, consoleRig, type ConsoleRig } from './support/console-page.ts';
import { SAMPLE_TARGETS } from './support/sample-webhooks.ts';

const shots = process.env['CONSOLE_SHOTS'];

describe.skipIf(chromiumPath === undefined)('the webhooks in the console', () => {
  let rig: ConsoleRig;
  beforeAll(async () => {
    rig = await consoleRig({ conversations: 12, deadLetters: 3 });
  });
  afterAll(() => rig?.close());

  it('shows each target’s state, and what was last', async () => {
    const { page, complaints, close } = await rig.open();
    const rows = page.locator('#webhooks tbody tr');
    await rows.first().waitFor();
    expect(await rows.allInnerTexts()).toEqual([
      'Data lake\ton\tdelivered, 9 min ago\tDisable',
      'Search index\tfailing\tfailed, 18 min ago\tDisable',
      'Old wallboard\toff: gone\tgone, 16 min ago\tEnable',
    ]);
    expect(await page.locator('#webhooks-note').textContent()).toBe('1 failing, 1 off');
    expect(complaints).toEqual([]);
    await close();
  });

  it('switches one off and on again, by keyboard alone', async () => {
    const { page, close } = await rig.open();
    const button = page.getByRole('button', { name: 'Disable Data lake' });
    await button.focus();
    await page.keyboard.press('Enter');
    const enable = page.getByRole('button', { name: 'Enable Data lake' });
    await enable.waitFor();
    const asked = async (): Promise<{ enabled: boolean }> =>
      (await (await page.request.get(`${rig.api.url}/api/v1/webhooks/${SAMPLE_TARGETS.works}`)).json()) as {
        enabled: boolean;
      };
    expect(await asked()).toMatchObject({ enabled: false, disabled: { reason: 'by_hand' } });
    await page.keyboard.press('Enter');
    await button.waitFor();
    await eventually('it is on', asked, ({ enabled }) => enabled);
    await close();
  });

  it.skipIf(shots === undefined)('can be looked at', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [380, 1440]) {
        const { page, close } = await rig.open({ colorScheme, viewport: { width, height: 900 } });
        await page.locator('#webhooks tbody tr').first().waitFor();
        await page.locator('#webhooks').scrollIntoViewIfNeeded();
        await page.screenshot({ path: `${shots}/webhooks-${colorScheme}-${width}.png`, fullPage: true });
        await close();
      }
    }
  });
});
