// "Message m must reach target e": one job a target, so that none waits for another. The body lies in it sealed.
import { deliveryJobSchema } from '../src/sinks/webhooks/announce.ts';
import { defineQueue } from './define-queue.ts';

export const deliverWebhooksQueue = defineQueue({
  name: 'deliver-webhooks',
  does: 'Delivers one message to one webhook target.',
  schema: deliveryJobSchema,
  id: '<message>-<target>: the same message reaches a target once while its job is remembered',
  retention: { completed: { age: 3600, count: 1000 }, failed: 'kept' },
});
