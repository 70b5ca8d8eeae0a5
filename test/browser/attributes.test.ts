// The attribute inspector's page, used as a person uses it: with the keyboard, on a phone, in the dark.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { inspectionSentSchema } from '../../src/api/routes/inspection-schema.ts';
import type { InspectionSent } from '../../src/console/inspection.ts';
import { Poison } from '../../src/runtime/errors.ts';
import { eventually } from '../support/eventually.ts';
import { CUSTOMER, inspectionWorld, OTHER_FLOW_ID, type InspectionWorld } from '../support/inspection-world.ts';
import { chromiumPath, consoleRig, inPage, type ConsoleRig } from './support/console-page.ts';

/** What the page believes of the API's answers is what they are. */
const told = (answer: z.infer<typeof inspectionSentSchema>): InspectionSent => answer;

const contrastAudit = readFileSync(new URL('support/contrast-audit.js', import.meta.url), 'utf8');
const SHOTS = process.env['THROUGHLINE_TEST_SHOTS'];

describe.skipIf(chromiumPath === undefined)('the attribute inspector', () => {
  let rig: ConsoleRig;
  let world: InspectionWorld;
  beforeAll(async () => {
    world = inspectionWorld(() => rig.deployment);
    rig = await consoleRig({ conversations: 4, deadLetters: 0 }, { inspector: world.inspector });
    await rig.deployment.work(Date.now(), 5);
  });
  beforeEach(() => {
    world.orders.length = 0;
    world.customer = { attributes: CUSTOMER, freshness: 'fresh' };
  });
  afterAll(() => rig?.close());

  const id = (): string => rig.deployment.conversationIds[0] ?? '';
  const message = async (page: Page, text: RegExp): Promise<unknown> =>
    eventually('the message', () => page.locator('#message').textContent(), (now) => text.test(now ?? '')); // prettier-ignore
  const opened = async (options: Parameters<ConsoleRig['open']>[0] = {}) => {
    const watched = await rig.open(options);
    await watched.page.goto(`${rig.api.url}/attributes?conversation=${id()}`);
    await message(watched.page, /1 of 8 cannot be converted; the rest would be sent/);
    return watched;
  };

  it('shows each attribute, what is left out, and the JSON', async () => {
    const { page, complaints, foreign, close } = await opened();
    const rows = await page.locator('#attributes tr').allInnerTexts();
    expect(rows.map((row) => row.split('\t').slice(0, 4).join(' '))).toContain('isVip custom MISMATCH boolean string');
    expect(await page.locator('#attributes tr', { hasText: 'openCases' }).locator('.col-value').innerText()).toBe('"3" becomes 3'); // prettier-ignore
    expect(await page.locator('#missing').innerText()).toBe('lastContactAt');
    expect((await page.locator('#extra').innerText()).split(/\s+/)).toEqual(['city', 'language']);
    const json = JSON.parse(await page.locator('#json').innerText()) as { custom: unknown };
    expect(json.custom).toEqual({ customAttributes: { openCases: 3 } });
    expect(await page.locator('#tally').innerText()).toMatch(/6 OK\s+1 MISMATCH\s+1 MISSING/);
    expect(world.orders).toEqual([]);
    expect([complaints, foreign]).toEqual([[], []]);
    await close();
  });

  it('is walked through with the keyboard: inspect, think twice, send', async () => {
    const { page, close } = await rig.open();
    await page.goto(`${rig.api.url}/attributes`);
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = (): Promise<string> => inPage(page, 'document.activeElement.id || document.activeElement.textContent'); // prettier-ignore
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the inspector');
    await page.getByRole('combobox', { name: 'Conversation' }).focus();
    await page.keyboard.type(id());
    await press('Enter');
    await message(page, /cannot be converted/);
    for (let n = 0; n < 12 && (await focused()) !== 'send'; n += 1) await press('Tab');
    expect(await focused()).toBe('send');
    await press('Enter');
    expect(await page.getByRole('dialog').isVisible()).toBe(true);
    await press('Escape');
    expect(await page.getByRole('dialog').isVisible()).toBe(false);
    expect(world.orders).toEqual([]);
    expect(await focused()).toBe('send');
    await press('Enter', 'Tab', 'Enter');
    await message(page, /Handed to the injection, trace [0-9a-f-]{36}/);
    expect(world.orders).toHaveLength(1);
    await close();
  });

  it('says what is wrong in words, and asks for another flow', async () => {
    const { page, close } = await opened();
    world.customer = new Poison('schema_forbidden', 'Grant architect:flow:view');
    await page.getByRole('button', { name: 'Inspect' }).click();
    await message(page, /Grant architect:flow:view/);
    expect(await page.locator('#report').isVisible()).toBe(false);
    world.customer = { attributes: CUSTOMER, freshness: 'stale' };
    await page.getByLabel('Flow').fill(OTHER_FLOW_ID);
    await page.keyboard.press('Enter');
    await message(page, /All that the CRM has passes/);
    expect(await page.locator('#against').innerText()).toContain('the CRM does not answer');
    await page.getByRole('combobox', { name: 'Conversation' }).fill('nobody');
    await page.keyboard.press('Enter');
    await message(page, /Nothing is remembered/);
    await close();
  });

  it.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 1920],
    ['light', 760],
    ['light', 390],
    ['dark', 390],
  ] as const)('%s, %i pixels wide: AA contrast, nothing cut off', async (colorScheme, width) => {
    const { page, close } = await opened({ colorScheme, viewport: { width, height: 1000 } });
    if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/attributes-${colorScheme}-${width}.png`, fullPage: true }); // prettier-ignore
    expect(await inPage<number>(page, 'document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(
      0,
    );
    expect(await inPage(page, contrastAudit)).toEqual([]);
    await page.getByRole('button', { name: 'Send it' }).first().click();
    expect(await inPage(page, contrastAudit)).toEqual([]);
    if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/dialog-${colorScheme}-${width}.png` });
    await close();
  });

  it('has landmarks, headings, names and heads of tables', async () => {
    const { page, close } = await opened();
    for (const role of ['banner', 'navigation', 'main'] as const) expect(await page.getByRole(role).count()).toBe(1);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    expect(await page.locator('table thead th[scope=col]').count()).toBe(5);
    expect(await page.locator('table tbody th[scope=row]').count()).toBe(8);
    expect(await page.locator('#conversations option').count()).toBe(4);
    expect(await inPage(page, '[...document.querySelectorAll("input")].filter(({ labels }) => labels.length === 0).length')).toBe(0); // prettier-ignore
    await close();
  });
});

void told;
