// A conversation was enriched: one delivery a target that wants to hear of it. Invariant: it is behind the enrichment,
// on a queue of its own; whatever fails here has no way back there.
import { z } from 'zod';
import { unsealAs, type Seal } from '../../src/runtime/seal.ts';
import { done, skip, type MessageStage } from '../../src/runtime/stage.ts';
import type { Announcer } from '../../src/sinks/webhooks/announce.ts';
import { webhookMessage } from '../../src/sinks/webhooks/message.ts';
import { announceEnrichmentQueue } from '../../queues/announce-enrichment.queue.ts';

type Enriched = z.output<typeof announceEnrichmentQueue.schema>;

interface Needs {
  readonly announcer: Announcer;
  readonly seal: Seal;
}

const contentSchema = z.object({ attributes: z.record(z.string(), z.unknown()) });

export const announceEnrichmentStage: MessageStage<Enriched, Needs> = {
  kind: 'message',
  name: 'announce-enrichment',
  does: 'Tells every webhook target that wants to know that a conversation was enriched, each by a job of its own.',
  from: announceEnrichmentQueue.name,
  to: { deliveries: 'deliver-webhooks' },
  // it asks Redis alone
  retry: { attempts: 100, initialMs: 500, maxMs: 60_000 },
  timeoutMs: 10_000,
  concurrency: 10,
  handle: async ({ conversationId, traceId, at, sealed }, _context, { announcer, seal }) => {
    const { attributes } = unsealAs(contentSchema, sealed, seal);
    const facts = { conversationId, attributes };
    const told = await announcer.announce(webhookMessage('conversation.attributes.enriched', { traceId, at }, facts));
    return told === 0 ? skip('no target wants it') : done();
  },
};
