// A worker that dies between a webhook's delivery and its own note of it: the message comes again under the same id, so
// that its receiver can tell. The control: a message that nobody dies for comes once.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createCrew } from '../../bench/chaos/crew.ts';
import { openWorld } from '../../bench/chaos/world.ts';
import { announceEnrichmentQueue } from '../../queues/announce-enrichment.queue.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { redisOptions } from '../../src/stores/redis/connect.ts';
import { newEndpoint, newEndpointId, newSecret } from '../../src/stores/webhooks/endpoint.ts';
import { WebhookHealth } from '../../src/stores/webhooks/health.ts';
import { WebhookRegistry } from '../../src/stores/webhooks/registry.ts';
import { eventually } from '../support/eventually.ts';
import { compiledCopy, type Build } from '../support/fault-build.ts';
import { verified, webhookReceiver } from '../support/webhook-receiver.ts';

let build: Build;
beforeAll(() => {
  build = compiledCopy();
});
afterAll(() => build.remove());

describe('a worker killed while its delivery is answered', () => {
  it('leaves the message to another, who sends it under the same id', async () => {
    const settings = { THROUGHLINE_WEBHOOK_ALLOW: '127.0.0.1', THROUGHLINE_LOG_LEVEL: 'silent' };
    const world = await openWorld({ redisUrl: inject('redisUrl'), partitions: 2, settings });
    const receiver = await webhookReceiver();
    const crew = createCrew({ processes: build.processes, environment: world.environment });
    const seal = sealWith(String(world.environment['THROUGHLINE_PAYLOAD_KEY']));
    const secret = newSecret();
    const target = { name: 'n', url: `${receiver.url}/in`, events: ['conversation.attributes.enriched' as const], enabled: true, headers: {}, timeoutMs: 5000 }; // prettier-ignore
    const endpoint = newEndpoint(newEndpointId(), target, secret, Date.now());
    await new WebhookRegistry(world.redis, world.keys.webhooks, seal).add(endpoint);
    const connection = redisOptions(inject('redisUrl'), 'worker');
    const queue = openQueue(announceEnrichmentQueue, connection, world.keys, () => undefined);
    const enriched = (traceId: string) => {
      const sealed = seal.seal(JSON.stringify({ attributes: { tier: 'gold' } }));
      return queue.add('announce', { conversationId: 'c-1', traceId, at: Date.now(), sealed }, { jobId: traceId });
    };
    try {
      const doomed = crew.start('role-process', 'worker');
      await doomed.ready;
      receiver.script('/in', (_hit, before) => {
        if (before > 0) return 204;
        // it has come; whoever sent it will never know
        doomed.signal('SIGKILL');
        return 'silence';
      });
      await enriched('t-1');
      expect((await doomed.ended).signal).toBe('SIGKILL');
      await crew.start('role-process', 'worker').ready;
      const hits = await eventually('it comes again', () => receiver.at('/in'), ({ length }) => length === 2, 60_000); // prettier-ignore
      const [first, second] = hits;
      if (first === undefined || second === undefined) throw new Error('no hits');
      expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
      expect(second.body).toBe(first.body);
      expect(verified(secret, second)).toMatchObject({ traceId: 't-1' });
      const health = new WebhookHealth(world.redis, world.keys.webhooks);
      const delivered = () => health.deliveries(endpoint.id, 10);
      await eventually('it is noted', delivered, ({ length }) => length === 1); // prettier-ignore
      // the control
      await enriched('t-2');
      await eventually('the next is noted', delivered, ({ length }) => length === 2); // prettier-ignore
      expect(receiver.at('/in').filter(({ headers }) => headers['x-trace-id'] === 't-2')).toHaveLength(1);
    } finally {
      await crew.killAll();
      await queue.close();
      await receiver.close();
      await world.close();
    }
  });
});
