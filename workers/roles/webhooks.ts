// The webhooks of a worker: its stages, and where news for them comes in.
import { z } from 'zod';
import { WEBHOOK_EVENT_TYPES } from '../../src/domain/webhooks/events.ts';
import { dailyQuota } from '../../src/runtime/dead-letter-quota.ts';
import type { Receiver } from '../../src/runtime/partition-handler.ts';
import type { Seal } from '../../src/runtime/seal.ts';
import type { RunningStage } from '../../src/runtime/stage-worker.ts';
import { announcerTo, slaNewsReceiver, type Announcer } from '../../src/sinks/webhooks/announce.ts';
import { DeliverySlots } from '../../src/sinks/webhooks/slots.ts';
import { targetGuard } from '../../src/sinks/webhooks/target-guard.ts';
import { WebhookHealth } from '../../src/stores/webhooks/health.ts';
import { WebhookRegistry } from '../../src/stores/webhooks/registry.ts';
import { WEBHOOK_SINK } from '../stages/conversations.stage.ts';
import { SLOTS_PER_ENDPOINT } from '../stages/deliver-webhooks.stage.ts';
import type { Foundation } from './foundation.ts';
import type { OpenQueues } from './open-queues.ts';
import { startStage } from './start-stage.ts';
import type { Parts } from './worker-parts.ts';

/** About 100 MB of bodies of 5 KB, sealed. */
const SET_ASIDE_A_DAY = 10_000;

export interface Webhooks {
  readonly registry: WebhookRegistry;
  readonly announcer: Announcer;
  /** Of what the conversations' commit puts out. */
  readonly receiver: Receiver;
}

type Needs = Pick<Foundation, 'redis' | 'keys' | 'config' | 'clock' | 'log'>;

export function openWebhooks(
  base: Needs,
  { deliverWebhooks: queue }: Pick<OpenQueues, 'deliverWebhooks'>,
  seal: Seal,
): Webhooks {
  // prettier-ignore
  const { redis, keys, config, clock, log } = base;
  const registry = new WebhookRegistry(redis, keys.webhooks, seal);
  const announcer = announcerTo({ registry, queue, seal, attempts: config.webhookRetries + 1 });
  const receiver = slaNewsReceiver(announcer, registry, {
    now: () => clock.now(),
    onUnreadable: (error) => log.error({ err: error }, 'webhook targets cannot be opened: nobody is told of promises'),
  });
  return { registry, announcer, receiver };
}

export function startWebhooks(parts: Parts, { registry, announcer }: Webhooks): readonly RunningStage[] {
  const { base, path, seal, deadLetters } = parts;
  const { redis, keys, config, clock, metrics, log, version } = base;
  const now = (): number => clock.now();
  const guard = targetGuard({ allow: config.webhookAllow, ports: config.webhookPorts });
  const needs = {
    registry,
    announcer,
    seal,
    deadLetters,
    kept: dailyQuota(redis, keys.webhooks.setAside, SET_ASIDE_A_DAY),
    metrics,
    log,
    health: new WebhookHealth(redis, keys.webhooks),
    slots: new DeliverySlots(SLOTS_PER_ENDPOINT, now),
    call: { guard, now, userAgent: `Throughline/${version}` },
  };
  return [
    startStage(parts, 'deliverWebhooks', path.receivers[WEBHOOK_SINK], needs),
    startStage(parts, 'announceEnrichment', path.announceEnrichment, needs),
  ];
}

const setAsideSchema = z.object({
  endpointId: z.string(),
  message: z.object({
    messageId: z.string(),
    eventType: z.enum(WEBHOOK_EVENT_TYPES),
    at: z.number(),
    body: z.string(),
  }),
});

/** A dead letter goes out again as the message it was. */
export const restoreDelivery =
  ({ announcer }: Pick<Webhooks, 'announcer'>) =>
  async (json: string): Promise<void> => {
    const { endpointId, message } = setAsideSchema.parse(JSON.parse(json));
    await announcer.sendAgain(endpointId, message);
  };
