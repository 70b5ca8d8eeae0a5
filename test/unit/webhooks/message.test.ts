// Messages and their signatures: held against the library's own check, and against a signature made by hand.
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signedHeaders, webhookMessage } from '../../../src/sinks/webhooks/message.ts';
import { newEndpoint, newEndpointId, newSecret, rotated, secretSchema, signingSecrets } from '../../../src/stores/webhooks/endpoint.ts'; // prettier-ignore

const NOW = Date.now();
const cause = { traceId: 'trace-1', at: NOW };
const facts = { conversationId: 'c-1', attributes: { tier: 'gold' } };
const message = webhookMessage('conversation.attributes.enriched', cause, facts);

describe('a message', () => {
  it('has the body of the contract', () => {
    expect(JSON.parse(message.body)).toEqual({
      eventType: 'conversation.attributes.enriched',
      conversationId: 'c-1',
      attributes: { tier: 'gold' },
      traceId: 'trace-1',
      timestamp: new Date(NOW).toISOString(),
    });
  });

  it('is the same for the same cause, and another for another', () => {
    expect(webhookMessage('conversation.attributes.enriched', cause, facts)).toEqual(message);
    const other = webhookMessage('conversation.attributes.enriched', { ...cause, traceId: 'trace-2' }, facts);
    expect(other.messageId).not.toBe(message.messageId);
    expect(webhookMessage('test', cause, facts).messageId).not.toBe(message.messageId);
  });

  it('is refused when no receiver would take it', () => {
    const attributes = { note: 'x'.repeat(300_000) };
    expect(() => webhookMessage('test', cause, { attributes })).toThrow('fewer attributes');
  });
});

describe('a signature', () => {
  const [old, young] = [newSecret(), newSecret()];

  it('is what the convention says', () => {
    const headers = signedHeaders(message, [young], NOW);
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${message.body}`;
    const byHand = createHmac('sha256', Buffer.from(young.slice('whsec_'.length), 'base64')).update(signed);
    expect(headers['webhook-signature']).toBe(`v1,${byHand.digest('base64')}`);
    expect(new Webhook(young).verify(message.body, { ...headers })).toEqual(JSON.parse(message.body));
  });

  it('is not good for another body, id, or secret', () => {
    const headers = { ...signedHeaders(message, [young], NOW) };
    const verify = (secret: string, body: string, more = {}) =>
      new Webhook(secret).verify(body, { ...headers, ...more });
    expect(() => verify(young, `${message.body} `)).toThrow();
    expect(() => verify(young, message.body, { 'webhook-id': 'msg_other' })).toThrow();
    expect(() => verify(old, message.body)).toThrow();
  });

  it('is made with the old and the new secret while a rotation overlaps', () => {
    const settings = { name: 'n', url: 'https://x.example/', events: ['test' as const], enabled: true, headers: {}, timeoutMs: 5000 }; // prettier-ignore
    const endpoint = rotated(newEndpoint(newEndpointId(), settings, old, NOW), young, 1000, NOW);
    const during = { ...signedHeaders(message, signingSecrets(endpoint, NOW + 999), NOW) };
    for (const secret of [old, young]) expect(new Webhook(secret).verify(message.body, during)).toBeTruthy();
    expect(signingSecrets(endpoint, NOW + 1001)).toEqual([young]);
    expect(signingSecrets(rotated(endpoint, old, 0, NOW), NOW)).toEqual([old]);
  });

  it('asks for a secret of the convention’s size', () => {
    const sized = (bytes: number) => `whsec_${Buffer.alloc(bytes, 9).toString('base64')}`;
    for (const bytes of [24, 32, 64]) expect(secretSchema.safeParse(sized(bytes)).success).toBe(true);
    for (const bytes of [16, 23, 65]) expect(secretSchema.safeParse(sized(bytes)).success).toBe(false);
    expect(secretSchema.safeParse('a plain password').success).toBe(false);
  });
});
