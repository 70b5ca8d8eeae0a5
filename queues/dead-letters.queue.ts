// What could not be applied or delivered, with the evidence to judge it and, sealed, what is needed to replay it.
import { deadLetterSchema } from '../src/runtime/dead-letters.ts';
import { defineQueue } from './define-queue.ts';

export const deadLettersQueue = defineQueue({
  name: 'dead-letters',
  does: 'Keeps what was set aside; retrying one puts it back through its partition.',
  schema: deadLetterSchema,
  id: 'p<partition>-<log entry>-<index> for events, <batch>-<record hash> for records: the same failure is one letter',
  retention: { completed: { age: 86_400, count: 10_000 }, failed: 'kept' },
});
