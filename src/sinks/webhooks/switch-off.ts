// A target is switched off by itself: everybody who wants to know is told. Invariant: the news goes out before the
// switch is thrown, under an id of its own, so a process that dies between the two leaves nothing untold; the news
// that is told again is the same message.
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { switchedOff, type DisabledReason, type Endpoint } from '../../stores/webhooks/endpoint.ts';
import type { WebhookRegistry } from '../../stores/webhooks/registry.ts';
import type { Announcer } from './announce.ts';
import { webhookMessage } from './message.ts';

export interface SwitchOffNeeds {
  readonly registry: WebhookRegistry;
  readonly announcer: Announcer;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

export async function switchOff(
  endpoint: Endpoint,
  reason: Exclude<DisabledReason, 'by_hand'>,
  since: number,
  { registry, announcer, metrics, log, now }: SwitchOffNeeds,
): Promise<void> {
  const { id, name } = endpoint;
  const cause = { traceId: `${id}-${reason}-${since}`, at: now() };
  const facts = { endpointId: id, name, reason, failingSince: new Date(since).toISOString() };
  const others = (await registry.list()).filter((other) => other.id !== id);
  await announcer.announce(webhookMessage('webhook.disabled', cause, facts), others);
  let isOurs = false;
  await registry.change(id, (current) => {
    isOurs = current.enabled;
    return isOurs ? switchedOff(current, reason, now()) : undefined;
  });
  if (!isOurs) return;
  metrics.count('throughline_webhook_endpoints_disabled_total', { reason });
  log.error({ endpointId: id, reason, failingSince: since }, 'a webhook target was switched off');
}
