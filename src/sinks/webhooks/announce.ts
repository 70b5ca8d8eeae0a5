// From one message to one delivery job a target that wants it. Invariants: a job carries its body sealed; its id is made
// of message and target, so announcing the same again adds nothing while the first is remembered.
import type { Queue } from 'bullmq';
import { z } from 'zod';
import { WEBHOOK_EVENT_TYPES } from '../../domain/webhooks/events.ts';
import { slaNewsSchema } from '../../domain/webhooks/sla-news.ts';
import { Poison } from '../../runtime/errors.ts';
import type { Receiver } from '../../runtime/partition-handler.ts';
import type { Seal } from '../../runtime/seal.ts';
import { endpointIdSchema, type Endpoint } from '../../stores/webhooks/endpoint.ts';
import type { WebhookRegistry } from '../../stores/webhooks/registry.ts';
import { webhookMessage, type WebhookMessage } from './message.ts';

export const deliveryJobSchema = z.object({
  endpointId: endpointIdSchema,
  messageId: z.string().regex(/^msg_[\w-]{1,60}$/),
  eventType: z.enum(WEBHOOK_EVENT_TYPES),
  at: z.number().int(),
  /** The body as it is sent: AES-256-GCM. */
  sealed: z.string().max(400_000),
});

export type DeliveryJob = z.output<typeof deliveryJobSchema>;

export interface AnnouncerNeeds {
  readonly registry: WebhookRegistry;
  readonly queue: Queue;
  readonly seal: Seal;
  /** Of the stage that delivers. */
  readonly attempts: number;
}

export interface Announcer {
  /** How many targets it goes to. */
  announce(message: WebhookMessage, among?: readonly Endpoint[]): Promise<number>;
  /** To this one, whatever it wants to hear. */
  send(endpointId: string, message: WebhookMessage): Promise<void>;
  /** As `send`, although the same was sent before. */
  sendAgain(endpointId: string, message: WebhookMessage): Promise<void>;
}

export function announcerTo({ registry, queue, seal, attempts }: AnnouncerNeeds): Announcer {
  const jobId = (endpointId: string, { messageId }: WebhookMessage): string => `${messageId}-${endpointId}`;
  const send = async (ids: readonly string[], message: WebhookMessage): Promise<void> => {
    const { messageId, eventType, at, body } = message;
    const jobs = ids.map((endpointId) => {
      const data: DeliveryJob = { endpointId, messageId, eventType, at, sealed: seal.seal(body) };
      return { name: eventType, data, opts: { jobId: jobId(endpointId, message), attempts } };
    });
    if (jobs.length > 0) await queue.addBulk(jobs);
  };
  return {
    announce: async (message, among) => {
      const endpoints = among ?? (await registry.list());
      const wanted = endpoints.filter(({ enabled, events }) => enabled && events.includes(message.eventType));
      await send(wanted.map(({ id }) => id), message); // prettier-ignore
      return wanted.length;
    },
    send: (endpointId, message) => send([endpointId], message),
    sendAgain: async (endpointId, message) => {
      // one that is done is still remembered and would stand in the way; one under way stays, and is enough
      await queue.remove(jobId(endpointId, message));
      await send([endpointId], message);
    },
  };
}

/** A target that was just added hears of promises this much later at most. */
const REMEMBERED_MS = 1000;

/** Takes what the conversations' commit says of promises. */
export function slaNewsReceiver(
  announcer: Announcer,
  registry: Pick<WebhookRegistry, 'list'>,
  { now, onUnreadable }: { readonly now: () => number; readonly onUnreadable: (error: Poison) => void },
): Receiver {
  // targets sealed with another key must not stop the relay, which carries the CRM's records too
  const noneReadable = (error: unknown): readonly Endpoint[] => {
    if (!(error instanceof Poison)) throw error;
    onUnreadable(error);
    return [];
  };
  let known: { readonly endpoints: Promise<readonly Endpoint[]>; readonly until: number } | undefined;
  const endpoints = (): Promise<readonly Endpoint[]> => {
    if (known === undefined || known.until < now()) {
      known = { endpoints: registry.list().catch(noneReadable), until: now() + REMEMBERED_MS };
      known.endpoints.catch(() => {
        known = undefined;
      });
    }
    return known.endpoints;
  };
  return {
    accept: async (_partition, outputs) => {
      const among = await endpoints();
      if (among.length === 0) return;
      for (const { number, payload } of outputs) {
        const { eventType, at, ...facts } = slaNewsSchema.parse(JSON.parse(payload));
        // an output that is relayed again has its number again
        const traceId = `${facts.conversationId}-${number}`;
        await announcer.announce(webhookMessage(eventType, { traceId, at }, facts), among);
      }
    },
  };
}
