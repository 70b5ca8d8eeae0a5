// How a customer's attributes are put onto the conversation.
import { INJECTION_TARGETS } from '../../domain/enrichment/values.ts';
import { entry, integer, oneOf } from './entry.ts';

const group = 'Injection';

export const injectionEntries = {
  injectionTarget: entry({
    env: 'THROUGHLINE_INJECTION_TARGET',
    group,
    schema: oneOf(INJECTION_TARGETS),
    default: 'participant',
    description:
      'Where a value goes whose target is not said: participant (attributes of the customer, texts) or custom (the conversation’s custom attributes, typed; THROUGHLINE_CONVERSATION_UPDATE_SCHEMA_ID and _STAMPS_KEY hold for them too).',
    example: 'custom',
  }),
  injectionTimeoutMs: entry({
    env: 'THROUGHLINE_INJECTION_TIMEOUT_MS',
    group,
    schema: integer(500, 60_000),
    default: '10000',
    description: 'Longest time of one try, its reads and writes together.',
    example: '10000',
  }),
  injectionAttempts: entry({
    env: 'THROUGHLINE_INJECTION_ATTEMPTS',
    group,
    schema: integer(1, 100),
    default: '3',
    description: 'Tries of an injection before it is given up; waiting for the budget or for a 429 is none.',
    example: '5',
  }),
  injectionConcurrency: entry({
    env: 'THROUGHLINE_INJECTION_CONCURRENCY',
    group,
    schema: integer(1, 200),
    default: '10',
    description: 'Injections that one worker has under way at once.',
    example: '20',
  }),
  injectionMaxAttributes: entry({
    env: 'THROUGHLINE_INJECTION_MAX_ATTRIBUTES',
    group,
    schema: integer(1, 200),
    default: '100',
    description:
      'Values put onto one conversation at each target; more are left out and counted. The platform’s own limit is not published, and every snapshot repeats all of them.',
    example: '50',
  }),
  injectionMaxValueChars: entry({
    env: 'THROUGHLINE_INJECTION_MAX_VALUE_CHARS',
    group,
    schema: integer(1, 4096),
    default: '2000',
    description:
      'Characters of one value; a longer one is left out and counted, for half a value is a wrong one. The platform’s own limit is not published.',
    example: '1000',
  }),
  injectionConfirmSeconds: entry({
    env: 'THROUGHLINE_INJECTION_CONFIRM_SECONDS',
    group,
    schema: integer(1, 3600),
    default: '15',
    description:
      'After this time what was put onto a participant must have come back in a snapshot; what has not is sent once more.',
    example: '30',
  }),
} as const;
