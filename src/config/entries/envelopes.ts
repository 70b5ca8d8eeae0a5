// The sources beside the platform's own stream, which take envelopes.
import { z } from 'zod';
import { entry } from './entry.ts';

const length = 'must have 20 to 512 characters';

export const envelopesEntries = {
  eventsToken: entry({
    env: 'THROUGHLINE_EVENTS_TOKEN',
    group: 'Envelopes',
    schema: z.string().min(20, length).max(512, length),
    description: 'Bearer token that POST /v1/events asks for. Unset: that route takes nothing.',
    example: '(openssl rand -hex 32)',
    secret: true,
  }),
} as const;
