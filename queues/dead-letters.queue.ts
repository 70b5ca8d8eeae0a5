// What could not be applied or delivered, with the evidence to judge it and, sealed, what is needed to replay it.
import { deadLetterSchema } from '../src/runtime/dead-letters.ts';
import { defineQueue } from './define-queue.ts';

export const deadLettersQueue = defineQueue({
  name: 'dead-letters',
  does: 'Keeps what was set aside; retrying one puts it back where it fell off.',
  schema: deadLetterSchema,
  id: 'p<partition>-<log entry>-<index> for events, <batch or message>-<record hash> for what was to be sent, oversize-<hash> for frames: the same failure is one letter',
  // gone once replayed: kept, it could be pressed again, and what fails again would come back once more each time
  retention: { completed: { age: 0, count: 0 }, failed: 'kept' },
});
