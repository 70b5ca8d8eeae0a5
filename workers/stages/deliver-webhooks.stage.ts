// Delivers one message to one webhook target. Invariants: every target has delivery slots of its own, as many as all of
// them together need, so that none can hold another back; a message ends delivered, set aside where it can be replayed,
// or with its target; the same message has the same id on every try.
import type { Config } from '../../src/config/entries.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { Metrics } from '../../src/observability/metrics.ts';
import type { Quota } from '../../src/runtime/dead-letter-quota.ts';
import type { DeadLetters } from '../../src/runtime/dead-letters.ts';
import { Retryable } from '../../src/runtime/errors.ts';
import type { Seal } from '../../src/runtime/seal.ts';
import { defer, done, skip, type MessageStage, type Outcome, type StageContext } from '../../src/runtime/stage.ts';
import type { Announcer, DeliveryJob } from '../../src/sinks/webhooks/announce.ts';
import { callEndpoint, type Called, type CallNeeds } from '../../src/sinks/webhooks/call.ts';
import type { WebhookMessage } from '../../src/sinks/webhooks/message.ts';
import type { DeliverySlots } from '../../src/sinks/webhooks/slots.ts';
import { switchOff } from '../../src/sinks/webhooks/switch-off.ts';
import { LONGEST_TIMEOUT_MS, MOST_ENDPOINTS, type Endpoint } from '../../src/stores/webhooks/endpoint.ts';
import type { Health, WebhookHealth } from '../../src/stores/webhooks/health.ts';
import type { WebhookRegistry } from '../../src/stores/webhooks/registry.ts';
import { deliverWebhooksQueue } from '../../queues/deliver-webhooks.queue.ts';

export interface DeliverWebhooksNeeds {
  readonly registry: WebhookRegistry;
  readonly health: WebhookHealth;
  readonly announcer: Announcer;
  readonly seal: Seal;
  readonly slots: DeliverySlots;
  readonly call: CallNeeds;
  readonly deadLetters: DeadLetters;
  /** A target that is down for a day must not fill Redis with what it missed. */
  readonly kept: Quota;
  readonly metrics: Metrics;
  readonly log: Logger;
}

type Settings = Pick<Config, 'webhookRetries' | 'webhookRetryDelayMs' | 'webhookDisableAfterMinutes'>;

export const SLOTS_PER_ENDPOINT = 4;
/** Fewer failures than this may be bad luck, however long ago the first was. */
const LEAST_FAILURES = 5;

interface Delivering {
  readonly job: DeliveryJob;
  readonly endpoint: Endpoint;
  readonly message: WebhookMessage;
  readonly isLastTry: boolean;
  readonly giveUpMs: number;
  readonly needs: DeliverWebhooksNeeds;
}

export function deliverWebhooksStage(settings: Settings): MessageStage<DeliveryJob, DeliverWebhooksNeeds> {
  const { webhookRetries, webhookRetryDelayMs: waitMs, webhookDisableAfterMinutes } = settings;
  const attempts = webhookRetries + 1;
  const giveUpMs = webhookDisableAfterMinutes * 60_000;
  return {
    kind: 'message',
    name: 'deliver-webhooks',
    does: 'Delivers one signed message to one webhook target; what is not taken is tried again, then set aside.',
    from: deliverWebhooksQueue.name,
    to: { receivers: 'webhook targets', setAside: 'dead-letters' },
    retry: { attempts, initialMs: waitMs, maxMs: waitMs, jitter: 0 },
    timeoutMs: LONGEST_TIMEOUT_MS + 5000,
    concurrency: MOST_ENDPOINTS * SLOTS_PER_ENDPOINT,
    handle: async (job, context, needs) => {
      const endpoint = await needs.registry.find(job.endpointId);
      if (endpoint === undefined) return skip('the target was removed');
      const { messageId, eventType, at } = job;
      const message = { messageId, eventType, at, body: needs.seal.unseal(job.sealed) };
      const isLastTry = eventType === 'test' || context.attemptsMade + 1 >= attempts;
      return deliver({ job, endpoint, message, isLastTry, giveUpMs, needs }, context);
    },
  };
}

async function deliver(delivering: Delivering, context: StageContext): Promise<Outcome> {
  const { endpoint, message, needs } = delivering;
  if (!endpoint.enabled && message.eventType !== 'test') {
    return setAside(delivering, 'target_disabled', 'its target is switched off: enable it, then retry this');
  }
  const pauseMs = await needs.health.pauseLeftMs(endpoint.id);
  if (pauseMs > 0) return wait(delivering, pauseMs);
  const turn = needs.slots.take(endpoint.id);
  if (turn.kind === 'busy') return defer('its target is busy', turn.waitMs);
  const startedAt = performance.now();
  try {
    const called = await callEndpoint(endpoint, message, context.signal, needs.call);
    const latencyMs = performance.now() - startedAt;
    return await settle(delivering, called, await noted(delivering, called, context.attemptsMade + 1, latencyMs));
  } finally {
    turn.release();
  }
}

async function noted({ endpoint, message, needs }: Delivering, called: Called, attempt: number, latencyMs: number) {
  const { metrics, health, call } = needs;
  const { outcome, status, detail } = called;
  const { messageId, eventType, at: happenedAt } = message;
  const at = call.now();
  metrics.count('throughline_webhook_deliveries_total', { event: eventType, outcome });
  metrics.observe('throughline_webhook_request_seconds', latencyMs / 1000);
  if (outcome === 'delivered') {
    metrics.observe('throughline_webhook_event_to_delivery_seconds', Math.max(0, at - happenedAt) / 1000);
  }
  const delivery = { messageId, eventType, at, attempt, outcome, status, latencyMs: Math.round(latencyMs), detail };
  return health.note(endpoint.id, delivery);
}

async function settle(delivering: Delivering, called: Called, { failingSince, failures }: Health): Promise<Outcome> {
  const { endpoint, isLastTry, giveUpMs, needs } = delivering;
  const { outcome } = called;
  if (outcome === 'delivered') return done();
  if (outcome === 'throttled') {
    const pauseMs = called.pauseMs ?? 1000;
    await needs.health.pause(endpoint.id, pauseMs);
    return wait(delivering, pauseMs);
  }
  const now = needs.call.now();
  const failsTooLong = failingSince !== null && now - failingSince >= giveUpMs && failures >= LEAST_FAILURES;
  if (outcome === 'gone' || failsTooLong) {
    const reason = outcome === 'gone' ? 'gone' : 'failing';
    await switchOff(endpoint, reason, failingSince ?? now, { ...needs, now: needs.call.now });
    return setAside(delivering, 'target_disabled', 'its target was switched off: enable it, then retry this');
  }
  const said = sentence(called);
  if (isLastTry) return setAside(delivering, `webhook_${outcome}`, said);
  throw new Retryable(`webhook_${outcome}`, said);
}

/** No attempt is spent on waiting; who waits longer than a failing target is kept is set aside. */
function wait(delivering: Delivering, pauseMs: number): Promise<Outcome> | Outcome {
  const { message, giveUpMs, needs, isLastTry } = delivering;
  const hasWaitedMs = needs.call.now() - message.at;
  if (hasWaitedMs > giveUpMs || (message.eventType === 'test' && isLastTry)) {
    return setAside(delivering, 'webhook_throttled', 'its target asked to be left alone for too long');
  }
  return defer('its target asked to be left alone', pauseMs);
}

async function setAside({ job, message, needs }: Delivering, code: string, why: string): Promise<Outcome> {
  // nobody waits for a test any more
  if (job.eventType === 'test') return skip(code);
  const isKept = (await needs.kept.take(1)) > 0;
  needs.metrics.count('throughline_webhook_set_aside_total', { kept: String(isKept) });
  if (!isKept) return skip('too many were set aside today');
  const { endpointId, messageId, at } = job;
  const record = { recordId: endpointId, attempts: 0, receivedAt: at, json: JSON.stringify({ endpointId, message }) };
  await needs.deadLetters.addRecord('deliver-webhooks', messageId, record, code, `target ${endpointId}: ${why}`);
  return skip(code);
}

const sentence = ({ outcome, status, detail }: Called): string =>
  detail ?? (status === null ? outcome : `it was answered ${status}`);
