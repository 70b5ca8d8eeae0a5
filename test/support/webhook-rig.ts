// Webhooks as they run: a worker, the API in front of it, the command line, and a receiver on loopback.
import { createdSchema, type CreateRequest } from '../../src/api/routes/webhooks-schema.ts';
import { announceEnrichmentQueue } from '../../queues/announce-enrichment.queue.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { WebhookHealth, type Delivery } from '../../src/stores/webhooks/health.ts';
import { deadLetterRig, PASSWORD } from './dead-letter-rig.ts';
import { TEST_KEY } from './pipeline.ts';
import { webhookReceiver } from './webhook-receiver.ts';

const authorization = `Basic ${Buffer.from(`anyone:${PASSWORD}`).toString('base64')}`;

export type WebhookRig = Awaited<ReturnType<typeof webhookRig>>;

export async function webhookRig(env: Readonly<Record<string, string>> = {}) {
  const receiver = await webhookReceiver();
  const letters = await deadLetterRig({
    THROUGHLINE_WEBHOOK_ALLOW: '127.0.0.1',
    THROUGHLINE_WEBHOOK_RETRY_DELAY_MS: '50',
    THROUGHLINE_WEBHOOK_RETRIES: '2',
    ...env,
  });
  const { base } = letters;
  const announce = openQueue(announceEnrichmentQueue, base.connection, base.keys, base.onRedisError);
  const seal = sealWith(TEST_KEY);
  const health = new WebhookHealth(base.redis, base.keys.webhooks);

  const ask = (method: string, path = '', body?: object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${letters.api.url}/api/v1/webhooks${path}`, {
      method,
      headers: { authorization, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  return {
    ...letters,
    receiver,
    health,
    ask,
    letterAsk: letters.ask,
    /** A target at a path of the receiver. */
    add: async (path: string, more: Partial<CreateRequest> = {}) => {
      const events: CreateRequest['events'] = ['conversation.attributes.enriched'];
      const body: CreateRequest = { name: path.slice(1), url: `${receiver.url}${path}`, events, ...more };
      const response = await ask('POST', '', body);
      if (response.status !== 201) throw new Error(await response.text());
      return createdSchema.parse(await response.json());
    },
    /** As the enrichment's last stage does. */
    enriched: async (traceId: string, attributes: Record<string, unknown> = { tier: 'gold' }): Promise<void> => {
      const data = {
        conversationId: `c-${traceId}`,
        traceId,
        at: Date.now(),
        sealed: seal.seal(JSON.stringify({ attributes })),
      };
      await announce.add('announce', data, { jobId: traceId, attempts: 5 });
    },
    outcomes: async (id: string): Promise<string[]> =>
      (await health.deliveries(id, 50)).map(({ outcome }: Delivery) => outcome),
    close: async () => {
      await announce.close();
      await letters.close();
      await receiver.close();
    },
  };
}
