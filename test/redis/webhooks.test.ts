// Webhooks end to end on real Redis, with a real receiver: signed, retried, set aside and replayed, each target for itself.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { verified } from '../support/webhook-receiver.ts';
import { webhookRig, type WebhookRig } from '../support/webhook-rig.ts';

let rig: WebhookRig;
beforeEach(async () => {
  rig = await webhookRig();
});
afterEach(() => rig.close());

const hits = (path: string, count: number) =>
  eventually(
    `${count} hits at ${path}`,
    () => rig.receiver.at(path),
    (found) => found.length >= count,
  );
const parkedCodes = async (): Promise<string[]> => {
  const jobs = await rig.queue.getJobs(['failed']);
  return jobs.map(({ name }) => name);
};

describe('an enrichment', () => {
  it('reaches every enabled target that wants it, signed, with its trace', async () => {
    const target = await rig.add('/crm', { headers: { 'X-Index-Sync': 'true' } });
    await rig.add('/off', { enabled: false });
    await rig.add('/sla-only', { events: ['sla.breached'] });
    const second = await rig.add('/second');
    await rig.enriched('t-1', { tier: 'gold', vip: true });
    const [hit] = await hits('/crm', 1);
    if (hit === undefined) throw new Error('no hit');
    const body = verified(target.secret, hit);
    expect(body).toEqual({
      eventType: 'conversation.attributes.enriched',
      conversationId: 'c-t-1',
      attributes: { tier: 'gold', vip: true },
      traceId: 't-1',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(hit.headers).toMatchObject({
      'x-trace-id': 't-1',
      'x-index-sync': 'true',
      'content-type': 'application/json',
      'webhook-id': expect.stringMatching(/^msg_/),
    });
    const [other] = await hits('/second', 1);
    if (other === undefined) throw new Error('no hit');
    expect(() => verified(target.secret, other)).toThrow();
    expect(verified(second.secret, other)).toEqual(body);
    expect(rig.receiver.hits.map(({ path }) => path).toSorted()).toEqual(['/crm', '/second']);
  });

  it('is announced once, however often its stage says so', async () => {
    const target = await rig.add('/crm');
    await rig.enriched('t-1');
    await hits('/crm', 1);
    await rig.enriched('t-1');
    await rig.enriched('t-2');
    await eventually('the second', () => rig.outcomes(target.id), (all) => all.length === 2); // prettier-ignore
    expect(new Set(rig.receiver.at('/crm').map(({ headers }) => headers['webhook-id'])).size).toBe(2);
    expect(rig.receiver.at('/crm')).toHaveLength(2);
  });
});

describe('a target that does not take it', () => {
  it('is tried again with the same id, signed anew, and then no more', async () => {
    rig.receiver.script('/crm', (_hit, before) => (before < 2 ? 500 : 204));
    const target = await rig.add('/crm');
    await rig.enriched('t-1');
    const found = await hits('/crm', 3);
    expect(new Set(found.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(found.map(({ body }) => body)).size).toBe(1);
    for (const hit of found) expect(verified(target.secret, hit)).toBeTruthy();
    expect((found[1]?.at ?? 0) - (found[0]?.at ?? 0)).toBeGreaterThanOrEqual(45);
    await eventually('all noted', () => rig.outcomes(target.id), (all) => all[0] === 'delivered'); // prettier-ignore
    expect(await rig.outcomes(target.id)).toEqual(['delivered', 'failed', 'failed']);
    expect(await rig.health.read(target.id)).toMatchObject({
      delivered: 1,
      failed: 2,
      failingSince: null,
      failures: 0,
    });
  });

  it('ends as a dead letter that can be replayed as the message it was', async () => {
    let isUp = false;
    rig.receiver.script('/crm', () => (isUp ? 204 : 500));
    const target = await rig.add('/crm');
    await rig.enriched('t-1');
    const [id = ''] = await rig.parked(1);
    expect(await parkedCodes()).toEqual(['webhook_failed']);
    expect(rig.receiver.at('/crm')).toHaveLength(3);
    const letter = (await (await rig.letterAsk(`/${id}`)).json()) as { stage: string; message: string };
    expect(letter.stage).toBe('deliver-webhooks');
    expect(letter.message).toBe(`target ${target.id}: it was answered 500`);
    isUp = true;
    const { out } = await rig.cli('dead-letters', 'retry', id);
    expect(out).toContain('1');
    const found = await hits('/crm', 4);
    expect(found[3]?.headers['webhook-id']).toBe(found[0]?.headers['webhook-id']);
    expect(found[3]?.body).toBe(found[0]?.body);
    await rig.parked(0);
  });

  it('never learns of a redirect’s goal', async () => {
    rig.receiver.script('/moved', () => ({ status: 307, headers: { location: `${rig.receiver.url}/inside` } }));
    const target = await rig.add('/moved');
    await rig.enriched('t-1');
    await rig.parked(1);
    expect(await rig.outcomes(target.id)).toEqual(['redirected', 'redirected', 'redirected']);
    expect(rig.receiver.at('/inside')).toEqual([]);
  });

  it('is waited for as long as it may take, no longer', async () => {
    rig.receiver.script('/silent', () => 'silence');
    const target = await rig.add('/silent', { timeoutMs: 150 });
    await rig.enriched('t-1');
    await rig.parked(1);
    expect(await parkedCodes()).toEqual(['webhook_timeout']);
    const [last] = await rig.health.deliveries(target.id, 1);
    expect(last?.latencyMs).toBeGreaterThanOrEqual(145);
  });

  it('holds nobody else back, be it silent or throttling', async () => {
    rig.receiver.script('/silent', () => 'silence');
    // a few calls may be under way before the first has been answered
    let firstAt = 0;
    rig.receiver.script('/full', ({ at }) => {
      firstAt ||= at;
      return at < firstAt + 500 ? { status: 429, headers: { 'retry-after': '2' } } : 204;
    });
    const silent = await rig.add('/silent', { timeoutMs: 30_000 });
    const full = await rig.add('/full');
    await rig.add('/quick');
    for (let n = 0; n < 60; n += 1) await rig.enriched(`t-${n}`);
    await hits('/quick', 60);
    // no call of the silent one has ended by then; it has as many as it has slots, and no more
    expect(await rig.outcomes(silent.id)).toEqual([]);
    expect(rig.receiver.at('/silent')).toHaveLength(4);
    const taken = async (): Promise<number> => (await rig.health.read(full.id)).delivered;
    await eventually('it takes them after its pause', taken, (count) => count > 0);
    const later = rig.receiver.at('/full').find(({ at }) => at >= firstAt + 500);
    expect((later?.at ?? 0) - firstAt).toBeGreaterThanOrEqual(1900);
    expect((await rig.health.read(full.id)).failed).toBe(0);
    await rig.ask('DELETE', `/${silent.id}`);
  });
});

describe('a target that fails for good', () => {
  it('is switched off at once when it says that it is gone, and others are told', async () => {
    rig.receiver.script('/gone', () => 410);
    const target = await rig.add('/gone');
    const watcher = await rig.add('/watcher', { events: ['webhook.disabled'] });
    await rig.enriched('t-1');
    const [news] = await hits('/watcher', 1);
    if (news === undefined) throw new Error('no news');
    expect(verified(watcher.secret, news)).toMatchObject({ eventType: 'webhook.disabled', endpointId: target.id, reason: 'gone' }); // prettier-ignore
    await rig.parked(1);
    expect(await parkedCodes()).toEqual(['target_disabled']);
    const view = (await (await rig.ask('GET', `/${target.id}`)).json()) as {
      enabled: boolean;
      disabled: { reason: string };
    };
    expect(view).toMatchObject({ enabled: false, disabled: { reason: 'gone' } });
    expect(rig.receiver.at('/gone')).toHaveLength(1);
    const text = await rig.base.metrics.registry.metrics();
    expect(text).toContain('throughline_webhook_endpoints_disabled_total{reason="gone"} 1');
    expect(text).toMatch(
      /throughline_webhook_deliveries_total\{event="conversation.attributes.enriched",outcome="gone"\} 1/,
    );
  });

  it('is switched off after a day of nothing but failures, and takes the missed ones once it is on again', async () => {
    let isUp = false;
    rig.receiver.script('/crm', () => (isUp ? 204 : 500));
    const target = await rig.add('/crm');
    await rig.enriched('t-1');
    await rig.parked(1);
    const { redis, keys } = rig.base;
    const view = async () => (await (await rig.ask('GET', `/${target.id}`)).json()) as { enabled: boolean };
    // three failures, the first just now: no reason yet
    expect(await view()).toMatchObject({ enabled: true });
    await redis.hset(keys.webhooks.health(target.id), 'failingSince', Date.now() - 25 * 3_600_000);
    await rig.enriched('t-2');
    await eventually('switched off', view, ({ enabled }) => !enabled);
    await rig.parked(2);
    await rig.enriched('t-3');
    await eventually('nobody wanted it', () => rig.deliveries.getJobCounts('waiting', 'active', 'delayed'), (counts) => Object.values(counts).every((count) => count === 0)); // prettier-ignore
    isUp = true;
    expect((await rig.ask('PATCH', `/${target.id}`, { enabled: true })).status).toBe(200);
    expect(await rig.health.read(target.id)).toMatchObject({ failingSince: null, failures: 0 });
    const before = rig.receiver.at('/crm').length;
    await rig.cli('dead-letters', 'retry', '--stage', 'deliver-webhooks', '--yes');
    const found = await hits('/crm', before + 2);
    const again = found.slice(before).map(({ headers }) => String(headers['x-trace-id']));
    expect(new Set(again)).toEqual(new Set(['t-1', 't-2']));
  });
});

describe('a promise to a conversation', () => {
  it('is told of when it was missed, once, with what was promised', async () => {
    await rig.close();
    const rules = JSON.stringify({ rules: [{ objective: 'messageDelivery', withinSeconds: 1 }] });
    rig = await webhookRig({ THROUGHLINE_SLA_RULES: rules });
    const target = await rig.add('/sla', { events: ['sla.breached', 'sla.met', 'sla.at-risk'] });
    const id = randomUUID();
    const queue = randomUUID();
    const messageTime = new Date().toISOString();
    const messages = [{ messageId: `${id}-m1`, messageTime, messageStatus: 'sent' }];
    const leg = { state: 'connected', connectedTime: messageTime, type: 'whatsapp', messages };
    const eventBody = { id, participants: [{ id: 'agent-1', purpose: 'agent', messages: [leg] }] };
    const raw = JSON.stringify({ topicName: `v2.routing.queues.${queue}.conversations`, eventBody });
    await rig.appender.append([{ key: id, raw, receivedAt: Date.now() }]);
    const told = await eventually(
      'the breach',
      () => rig.receiver.at('/sla').map((hit) => verified(target.secret, hit) as { eventType: string }),
      (bodies) => bodies.some(({ eventType }) => eventType === 'sla.breached'),
    );
    const breach = told.find(({ eventType }) => eventType === 'sla.breached');
    expect(breach).toMatchObject({ conversationId: id, objective: 'messageDelivery', timestamp: expect.any(String) }); // prettier-ignore
    expect(told.filter(({ eventType }) => eventType === 'sla.breached')).toHaveLength(1);
  });
});
