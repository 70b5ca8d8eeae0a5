// What webhooks can tell, in one place: the kinds of events and what each says. Invariant: a kind's name never changes
// once released; receivers switch on it.

export const WEBHOOK_EVENTS = {
  'conversation.attributes.enriched': 'What is known of the customer was put into a conversation.',
  'sla.at-risk': 'A promise to a conversation is close to its deadline.',
  'sla.breached': 'A promise to a conversation was missed.',
  'sla.met': 'A promise to a conversation was kept.',
  'webhook.disabled': 'A target was switched off: it failed for too long, or said that it is gone.',
  test: 'Sent on request, to try a target out.',
} as const;

export type WebhookEventType = keyof typeof WEBHOOK_EVENTS;

export const WEBHOOK_EVENT_TYPES = Object.keys(WEBHOOK_EVENTS) as [WebhookEventType, ...WebhookEventType[]];
