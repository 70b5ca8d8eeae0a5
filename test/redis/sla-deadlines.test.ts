// Deadlines end to end on real Redis: a promise that nobody keeps is broken once, at its hour, whatever fails on the way;
// a timer that rings for nothing, late, early or twice changes nothing.
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { slaDeadlinesQueue } from '../../queues/sla-deadlines.queue.ts';
import { appenderFor, type KeyedEvent } from '../../src/partitions/append.ts';
import { wakerFor } from '../../src/partitions/wake.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import type { Step } from '../../src/runtime/steps.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';

const ignore = (): void => undefined;
const RULES = JSON.stringify({
  rules: [
    { objective: 'messageDelivery', withinSeconds: 1 },
    { objective: 'messageRead', withinSeconds: null },
    { objective: 'voiceAnswer', withinSeconds: 1 },
  ],
});

let product: Product | undefined;
afterEach(async () => {
  await product?.close();
  product = undefined;
});

async function start(onStep?: (step: Step) => void): Promise<Product> {
  product = await startProduct({
    env: { THROUGHLINE_SLA_RULES: RULES, THROUGHLINE_PARTITION_LINGER_MS: '50' },
    onStep,
  });
  await product.start('worker');
  return product;
}

const QUEUE = '11111111-1111-4111-8111-111111111111';
const iso = (ms: number): string => new Date(ms).toISOString();

function frame(participants: readonly unknown[], id: string): KeyedEvent {
  const topicName = `v2.routing.queues.${QUEUE}.conversations`;
  return { key: id, raw: JSON.stringify({ topicName, eventBody: { id, participants } }), receivedAt: Date.now() };
}

const sentMessage = (id: string, sentAt: number, messageStatus = 'sent'): KeyedEvent => {
  const messages = [{ messageId: `${id}-m1`, messageTime: iso(sentAt), messageStatus }];
  const leg = { state: 'connected', connectedTime: iso(sentAt), type: 'whatsapp', messages };
  return frame([{ id: 'agent-1', purpose: 'agent', messages: [leg] }], id);
};

async function append({ base, config }: Product, ...events: readonly KeyedEvent[]): Promise<void> {
  const { redis, keys, connection } = base;
  const queue = openQueue(partitionsQueue, connection, keys, ignore);
  await appenderFor({ redis, keys, partitions: config.partitions, waker: wakerFor(queue) }).append(events);
  await queue.close();
}

const breaches = (running: Product): Promise<number> => running.counted('n:objective:messageDelivery:breach');

async function untilBroken(running: Product, id: string): Promise<void> {
  const record = await eventually(
    'the breach in the CRM',
    () => running.crm.records.find(id)?.record as { sla?: { messageDelivery?: { outcome: string } } } | undefined,
    (found) => found?.sla?.messageDelivery?.outcome === 'breach',
  );
  expect(record).toMatchObject({ slaStatus: 'breach' });
}

describe('a receipt that never comes', () => {
  it('is a breach at its deadline, in the CRM and in the counters, once', async () => {
    const running = await start();
    const id = randomUUID();
    const sentAt = Date.now();
    await append(running, sentMessage(id, sentAt));
    await untilBroken(running, id);
    expect(Date.now()).toBeGreaterThan(sentAt + 1000);
    const message = running.crm.records.find(`${id}/${id}-m1`)?.record;
    expect(message).toMatchObject({ slaStatus: 'breach', sla: { deliveryBreach: true, readBreach: false } });
    expect(await breaches(running)).toBe(1);
    expect(await running.counted('n:sla:breach')).toBe(1);
    expect(await running.counted('n:sla:missing_receipt')).toBe(0);
    expect(await running.counted('n:deadLetters')).toBe(0);
  });

  it('whose deadline passed long before it was told is a breach at once', async () => {
    const running = await start();
    const id = randomUUID();
    await append(running, sentMessage(id, Date.now() - 3_600_000));
    await untilBroken(running, id);
    expect(await breaches(running)).toBe(1);
  });

  it('is a breach still when every worker was away at its hour', async () => {
    const running = await start();
    const id = randomUUID();
    await append(running, sentMessage(id, Date.now() + 500));
    await eventually(
      'its first change',
      () => running.counted('n:moves'),
      (moves) => moves > 0,
    );
    await running.restartRoles();
    await untilBroken(running, id);
    expect(await breaches(running)).toBe(1);
  });
});

describe('a receipt that comes', () => {
  it('takes the timer away and breaks nothing', async () => {
    const running = await start();
    const { base } = running;
    const timers = openQueue(slaDeadlinesQueue, base.connection, base.keys, ignore);
    const id = randomUUID();
    const sentAt = Date.now() + 60_000;
    await append(running, sentMessage(id, sentAt));
    await eventually(
      'a timer',
      () => timers.getDelayedCount(),
      (count) => count === 1,
    );
    await append(running, sentMessage(id, sentAt, 'delivery-success'));
    await eventually(
      'no timer',
      () => timers.getDelayedCount(),
      (count) => count === 0,
    );
    await timers.close();
    await eventually(
      'met',
      () => running.counted('n:objective:messageDelivery:met'),
      (met) => met === 1,
    );
    expect(await breaches(running)).toBe(0);
  });
});

describe('whatever fails on the way', () => {
  const STEPS = ['append.logged', 'append.woken', 'partition.claimed', 'partition.read', 'partition.applied', 'partition.committed', 'relay.accepted', 'relay.trimmed'] as const; // prettier-ignore

  it.each(STEPS)('every first and third pass of %s: one breach, told to the CRM', async (broken) => {
    let passes = 0;
    const running = await start((step) => {
      if (step !== broken) return;
      passes += 1;
      if (passes === 1 || passes === 3) throw new Error(`failed at ${step}`);
    });
    const id = randomUUID();
    await append(running, sentMessage(id, Date.now()));
    await untilBroken(running, id);
    expect(passes).toBeGreaterThan(0);
    expect(await breaches(running)).toBe(1);
    expect(await running.counted('n:objective:messageDelivery:at_risk')).toBeLessThanOrEqual(1);
  });
});
