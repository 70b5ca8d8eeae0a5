// Bounds of what is taken from the socket and held before a partition has it.
import { entry, integer } from './entry.ts';

export const ingestEntries = {
  ingestMaxFrameBytes: entry({
    env: 'THROUGHLINE_INGEST_MAX_FRAME_BYTES',
    group: 'Ingest',
    schema: integer(1024, 8_388_608),
    default: '1048576',
    description: 'Largest frame that is taken; a larger one is counted and dead-lettered without its content.',
    example: '1048576',
  }),
  ingestBufferMaxEvents: entry({
    env: 'THROUGHLINE_INGEST_BUFFER_MAX_EVENTS',
    group: 'Ingest',
    schema: integer(10, 1_000_000),
    default: '20000',
    description: 'Frames held in memory before the socket is paused.',
    example: '20000',
  }),
  ingestBufferMaxBytes: entry({
    env: 'THROUGHLINE_INGEST_BUFFER_MAX_BYTES',
    group: 'Ingest',
    schema: integer(65_536, 1_073_741_824),
    default: '67108864',
    description: 'Bytes held in memory before the socket is paused.',
    example: '67108864',
  }),
} as const;
