// What goes out to a webhook's receiver. Invariants: the same cause gives the same message id and the same bytes, on
// every retry and every replay; the id and the time are part of what is signed (Standard Webhooks).
import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { WebhookEventType } from '../../domain/webhooks/events.ts';
import { Poison } from '../../runtime/errors.ts';

export interface WebhookMessage {
  readonly messageId: string;
  readonly eventType: WebhookEventType;
  /** When it happened, epoch ms. */
  readonly at: number;
  /** JSON, exactly as it is sent. */
  readonly body: string;
}

/** What receivers commonly take at least. */
const MOST_BYTES = 262_144;

/** `traceId` names the cause; a repeat of the cause is the same message. */
export function webhookMessage(
  eventType: WebhookEventType,
  { traceId, at }: { readonly traceId: string; readonly at: number },
  facts: Readonly<Record<string, unknown>>,
): WebhookMessage {
  const body = JSON.stringify({ eventType, ...facts, traceId, timestamp: new Date(at).toISOString() });
  if (Buffer.byteLength(body) > MOST_BYTES) {
    throw new Poison('webhook_too_large', `the body would be over ${MOST_BYTES} bytes: send fewer attributes`);
  }
  const digest = createHash('sha256').update(`${eventType}\n${traceId}`).digest('hex');
  return { messageId: `msg_${digest.slice(0, 32)}`, eventType, at, body };
}

/** One signature a secret: while a secret is being changed a receiver with either one is content. */
export function signedHeaders(
  { messageId, body }: Pick<WebhookMessage, 'messageId' | 'body'>,
  secrets: readonly string[],
  now: number,
): Readonly<Record<string, string>> {
  const sentAt = new Date(now);
  return {
    'webhook-id': messageId,
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(messageId, sentAt, body)).join(' '),
  };
}
