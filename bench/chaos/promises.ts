// Promises that nobody keeps, among the frames of a run: each is a message without receipts in a queue of its own, whose
// deadlines come by the clock while faults happen. Invariant: whatever dies when, each objective of each of these
// conversations is broken once, and nothing else is promised: the script's own hours are not the clock's.
import { slaDeadlinesQueue } from '../../queues/sla-deadlines.queue.ts';
import type { Keys } from '../../src/stores/redis/keys.ts';
import type { ScriptedFrame } from './script-file.ts';

const QUEUE_ID = '70726f6d-6973-4000-8000-000000000000';
const BROKEN = ['messageDelivery', 'messageRead'] as const;

export const PROMISES = JSON.stringify({
  rules: [
    { objective: 'messageDelivery', queues: [QUEUE_ID], withinSeconds: 3 },
    { objective: 'messageRead', queues: [QUEUE_ID], withinSeconds: 6 },
    ...BROKEN.map((objective) => ({ objective, withinSeconds: null })),
  ],
});

/** The counters of a run's partitions that count the broken ones, each once a conversation. */
export const BREACH_COUNTERS = ['n:sla:breach', ...BROKEN.map((objective) => `n:objective:${objective}:breach`)];

/** The `n`th of a run, sent at `sentAt` by the clock. */
export function promisedFrame(n: number, sentAt: number): { readonly id: string; readonly frame: ScriptedFrame } {
  const id = `70726f6d-6973-4000-8000-${(n + 1).toString(16).padStart(12, '0')}`;
  const messageTime = new Date(sentAt).toISOString();
  const messages = [{ messageId: `${id}-m`, messageTime, messageStatus: 'sent' }];
  const leg = { state: 'connected', connectedTime: messageTime, type: 'whatsapp', messages };
  const agent = { id: 'agent', purpose: 'agent', queueId: QUEUE_ID, messages: [leg] };
  const eventBody = { id, participants: [agent] };
  const raw = JSON.stringify({ topicName: `v2.routing.queues.${QUEUE_ID}.conversations`, eventBody });
  return { id, frame: { raw, receivedAt: sentAt } };
}

/** Whether what the CRM holds of such a conversation says that all is broken. */
export function isBroken(record: unknown): boolean {
  const { sla } = (record ?? {}) as { readonly sla?: Readonly<Record<string, { readonly outcome: string }>> };
  return BROKEN.every((objective) => sla?.[objective]?.outcome === 'breach');
}

/** Redis keys of the deadlines that have not been told: set, due and in hand. */
export function deadlineKeys(keys: Keys): Record<'delayed' | 'wait' | 'active', string> {
  const base = `${keys.bull(slaDeadlinesQueue.name)}:${slaDeadlinesQueue.name}`;
  return { delayed: `${base}:delayed`, wait: `${base}:wait`, active: `${base}:active` };
}
