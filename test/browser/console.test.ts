// The console's first page, used as a person uses it: sign in, look, filter, sort, resume, lose the connection.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { chromiumPath, consoleRig, inPage, type ConsoleRig } from './support/console-page.ts';
import { PASSWORD } from './support/sample-api.ts';

const CONVERSATIONS = 46;

const inkOn = (selector: string): string => `(() => {
  const canvas = document.querySelector('${selector}');
  return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0);
})()`;

describe.skipIf(chromiumPath === undefined)('the console', () => {
  let rig: ConsoleRig;
  beforeAll(async () => {
    rig = await consoleRig({ conversations: CONVERSATIONS, deadLetters: 7 });
    await rig.deployment.work(Date.now(), 40);
  });
  afterAll(() => rig?.close());

  it('lets in who has the password, and nobody else', async () => {
    const { page, foreign, close } = await rig.open({ signedIn: false });
    await page.goto(`${rig.api.url}/queues`);
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    await page.getByLabel('Password').fill('a wrong guess');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toBe('That password is not right.');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    // back where it was going, and Bull Board draws itself under its policy
    await page.waitForURL(`${rig.api.url}/queues`);
    await page.getByRole('link', { name: 'dead-letters' }).first().waitFor();
    expect(foreign).toEqual([]);
    await page.goto(`${rig.api.url}/`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${rig.api.url}/sign-in`);
    await page.goto(`${rig.api.url}/`);
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    await close();
  });

  it('shows the deployment as it is', async () => {
    const { page, complaints, foreign, close } = await rig.open();
    const figure = async (label: string): Promise<string> =>
      (await page.locator('.figure', { hasText: label }).locator('.figure-value').textContent()) ?? '';
    expect(await Promise.all(['In flight', 'SLA breaches', 'Dead letters'].map(figure))).toEqual(['46', '4', '7']);
    expect(await page.locator('#banner').textContent()).toBe('Receiving events');
    expect(await page.locator('#conversations tr').count()).toBe(CONVERSATIONS);
    expect(await page.locator('.partition').count()).toBe(16);
    expect(await page.locator('#queues tr').allInnerTexts()).toEqual([
      'partitions\t1\t0\t0\t0',
      'sync-crm\t0\t0\t2\t0',
      'sla-deadlines\t0\t0\t3\t0',
      'dead-letters\t0\t0\t0\t7',
    ]);
    expect(await page.locator('#sla tr').allInnerTexts()).toEqual([
      'Delivery\t4\t0\t608\t4',
      'Reading\t0\t2\t336\t0',
      'Voice answer\t0\t0\t192\t0',
      'First response\t0\t0\t0\t0',
    ]);
    expect(await page.locator('#sla-note').textContent()).toBe('3 deadlines armed');
    expect(await page.locator('#sla-foot').textContent()).toBe('Messages: 640 in time, 4 in breach, 2 without receipt');
    expect(await page.locator('#letters-foot').textContent()).toBe('By code: not_json 4, missing_id 3');
    await eventually(
      'processes',
      () => page.locator('#processes tr').count(),
      (rows) => rows === 4,
    );
    // drawn, not just reserved: both charts hold a canvas with ink on it
    for (const chart of ['#throughput', '#latency']) {
      const inked = await inPage<boolean>(page, inkOn(`${chart} canvas`));
      expect(inked, chart).toBe(true);
    }
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
    await close();
  });

  it('moves with the events', async () => {
    const { page, close } = await rig.open();
    const events = page.locator('.figure', { hasText: 'Events' }).locator('.figure-value');
    const age = page.locator('#conversations .col-age').first();
    const before = await age.textContent();
    await rig.deployment.work(Date.now(), 600);
    await eventually(
      'events a second',
      async () => Number(await events.textContent()),
      (rate) => rate > 20,
    );
    await eventually(
      'the age ticks',
      () => age.textContent(),
      (now) => now !== before,
    );
    await close();
  });

  it('filters by media and sorts by age, by keyboard alone', async () => {
    const { page, close } = await rig.open();
    const voice = page.getByRole('button', { name: /^Voice/ });
    const expected = Number(await voice.locator('.filter-count').textContent());
    await voice.focus();
    await page.keyboard.press('Enter');
    expect(await voice.getAttribute('aria-pressed')).toBe('true');
    const media = await page.locator('#conversations .col-media').allInnerTexts();
    expect(media).toEqual(Array.from({ length: expected }, () => 'Voice'));
    expect(expected).toBeGreaterThan(0);

    await page.getByRole('button', { name: /^All/ }).click();
    const first = page.locator('#conversations tr').first();
    const oldest = await first.getAttribute('data-key');
    await page.getByRole('button', { name: 'Age', exact: true }).focus();
    await page.keyboard.press('Space');
    await eventually(
      'the newest comes first',
      () => first.getAttribute('data-key'),
      (key) => key !== oldest,
    );
    expect(await page.locator('#age-head').getAttribute('aria-sort')).toBe('ascending');
    await close();
  });

  it('keeps a row, and the focus in it, through updates', async () => {
    const { page, close } = await rig.open();
    const link = page.locator('#conversations a').nth(5);
    await link.focus();
    const focused = (): Promise<string> => inPage(page, 'document.activeElement.textContent');
    const name = await focused();
    await page.waitForResponse((response) => response.url().includes('/api/v1/conversations'));
    await page.waitForResponse((response) => response.url().includes('/api/v1/conversations'));
    expect(await focused()).toBe(name);
    await close();
  });

  it('shows data as text, whatever it holds', async () => {
    const { redis, keys, conversationIds } = rig.deployment;
    const { page, complaints, close } = await rig.open();
    const id = conversationIds[0] ?? '';
    const owner = await ownerOf(id);
    const key = keys.partition(owner).state(id);
    const stored = (await redis.get(key)) ?? '{}';
    const evil = '<img src=x onerror=document.title="owned">';
    await redis.set(key, stored.replaceAll('"purpose":"customer"', `"purpose":${JSON.stringify(evil)}`));
    await page.getByText(evil).first().waitFor();
    expect(await page.locator('#conversations img').count()).toBe(0);
    expect(await page.title()).toBe('Throughline');
    await redis.set(key, stored);
    expect(complaints).toEqual([]);
    await close();
  });

  it('says what is wrong: a paused partition, which can be resumed, and a stream that is gone', async () => {
    const { redis, keys } = rig.deployment;
    const { page, close } = await rig.open();
    const banner = page.locator('#banner');
    await redis.hset(keys.partition(7).meta, 'paused', 'poison flood');
    await page.getByText('Partition 7 is paused: poison flood').waitFor();
    expect(await banner.textContent()).toContain('Partition 7 paused');
    await page.getByRole('button', { name: 'Resume partition 7' }).click();
    await eventually(
      'it is resumed',
      () => redis.hexists(keys.partition(7).meta, 'paused'),
      (paused) => paused === 0,
    );
    await eventually(
      'all is well',
      () => banner.textContent(),
      (text) => text === 'Receiving events',
    );

    rig.deployment.stream = { ...rig.deployment.stream, connected: false };
    await rig.deployment.work(Date.now(), 0);
    await eventually(
      'disconnected',
      () => banner.textContent(),
      (text) => text?.includes('disconnected') === true,
    );
    expect(await page.locator('#status').getAttribute('data-level')).toBe('bad');
    rig.deployment.stream = { ...rig.deployment.stream, connected: true };
    await rig.deployment.work(Date.now(), 0);
    await eventually(
      'connected',
      () => banner.textContent(),
      (text) => text === 'Receiving events',
    );
    await close();
  });

  const ownerOf = async (conversationId: string): Promise<number> => {
    const { redis, keys } = rig.deployment;
    const found = await Promise.all(
      Array.from({ length: 16 }, (_, p) => redis.exists(keys.partition(p).state(conversationId))),
    );
    return found.indexOf(1);
  };
});

describe.skipIf(chromiumPath === undefined)('the console without conversations', () => {
  it('says what will come, and when the server goes says that figures are old', async () => {
    const rig = await consoleRig({ conversations: 0, deadLetters: 0 });
    const { page, close } = await rig.open();
    expect(await page.locator('#conversations-empty').textContent()).toContain('No conversations yet: the first one');
    expect(await page.locator('#letters-foot').textContent()).toBe('Nothing was set aside.');
    await rig.api.close();
    await page.getByText('Live figures have stopped').waitFor();
    expect(await page.locator('#status').getAttribute('data-level')).toBe('bad');
    await close();
    await rig.close();
  });
});
