// The sources beside the platform's own stream: a socket and an HTTP route that take envelopes; and the disk behind ingest.
import { z } from 'zod';
import { entry, integer, text } from './entry.ts';

const length = 'must have 20 to 512 characters';

export const envelopesEntries = {
  envelopesUrl: entry({
    env: 'THROUGHLINE_ENVELOPES_URL',
    group: 'Envelopes',
    schema: z.url({ protocol: /^wss?$/, error: 'must be a ws:// or wss:// address' }),
    description: 'WebSocket that sends envelopes {eventType, conversationId, payload}, one a message. Unset: none.',
    example: 'wss://events.example.com/conversations',
  }),
  envelopesUrlToken: entry({
    env: 'THROUGHLINE_ENVELOPES_URL_TOKEN',
    group: 'Envelopes',
    schema: text(),
    description: 'Bearer token sent to that WebSocket.',
    example: '(from whoever runs it)',
    secret: true,
  }),
  eventsToken: entry({
    env: 'THROUGHLINE_EVENTS_TOKEN',
    group: 'Envelopes',
    schema: z.string().min(20, length).max(512, length),
    description: 'Bearer token that POST /v1/events asks for. Unset: that route takes nothing.',
    example: '(openssl rand -hex 32)',
    secret: true,
  }),
  ingestSpoolMaxBytes: entry({
    env: 'THROUGHLINE_INGEST_SPOOL_MAX_BYTES',
    group: 'Ingest',
    schema: integer(0, 1_099_511_627_776),
    default: '1073741824',
    description:
      'Bytes of frames kept on disk (in the data folder, sealed) while Redis is away and memory is half full; ' +
      'over it the socket is paused. 0 = no disk.',
    example: '1073741824',
  }),
} as const;
