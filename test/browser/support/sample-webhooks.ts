// Webhook targets of the sample deployment: one that works, one that fails, one that was switched off by itself.
import type { Redis } from 'ioredis';
import { sealWith } from '../../../src/runtime/seal.ts';
import type { Keys } from '../../../src/stores/redis/keys.ts';
import { newEndpoint, switchedOff, type EndpointSettings } from '../../../src/stores/webhooks/endpoint.ts';
import { WebhookHealth, type Delivery } from '../../../src/stores/webhooks/health.ts';
import { WebhookRegistry } from '../../../src/stores/webhooks/registry.ts';

/** What is sealed in the sample is sealed with this. */
export const SAMPLE_KEY = Buffer.alloc(32, 5).toString('base64');

const idOf = (letter: string): string => `wh_${letter.repeat(20)}`;
export const SAMPLE_TARGETS = { works: idOf('a'), fails: idOf('b'), gone: idOf('c') } as const;

const MINUTE_MS = 60_000;

export async function fillWebhooks(redis: Redis, keys: Keys, now: number): Promise<void> {
  const registry = new WebhookRegistry(redis, keys.webhooks, sealWith(SAMPLE_KEY));
  const health = new WebhookHealth(redis, keys.webhooks);
  const add = async (id: string, name: string, minutes: number): Promise<void> => {
    const settings: EndpointSettings = {
      name,
      url: 'https://hooks.example.com/throughline',
      events: ['conversation.attributes.enriched', 'sla.breached'],
      enabled: true,
      headers: { 'X-Index-Sync': 'true' },
      timeoutMs: 5000,
    };
    const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    await registry.add(newEndpoint(id, settings, secret, now - minutes * MINUTE_MS));
  };
  const deliver = async (id: string, n: number, outcome: Delivery['outcome'], status: number | null) => {
    const at = now - (20 - n) * MINUTE_MS;
    const messageId = `msg_${n}`;
    await health.note(id, { messageId, eventType: 'sla.breached', at, attempt: 1, outcome, status, latencyMs: 31, detail: null }); // prettier-ignore
  };
  await add(SAMPLE_TARGETS.works, 'Data lake', 3000);
  await add(SAMPLE_TARGETS.fails, 'Search index', 2000);
  await add(SAMPLE_TARGETS.gone, 'Old wallboard', 1000);
  for (let n = 0; n < 12; n += 1) await deliver(SAMPLE_TARGETS.works, n, 'delivered', 204);
  for (let n = 0; n < 3; n += 1)
    await deliver(SAMPLE_TARGETS.fails, n, n === 0 ? 'delivered' : 'failed', n === 0 ? 204 : 500);
  await deliver(SAMPLE_TARGETS.gone, 4, 'gone', 410);
  await registry.change(SAMPLE_TARGETS.gone, (endpoint) => switchedOff(endpoint, 'gone', now));
}
