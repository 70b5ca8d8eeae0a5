// The ordered lanes and how long conversations are remembered.
import { entry, integer } from './entry.ts';

export const partitionsEntries = {
  partitions: entry({
    env: 'THROUGHLINE_PARTITIONS',
    group: 'Partitions',
    schema: integer(1, 256),
    default: '16',
    description: 'Ordered lanes; fixed for the life of a deployment.',
    example: '32',
  }),
  partitionYieldMs: entry({
    env: 'THROUGHLINE_PARTITION_YIELD_MS',
    group: 'Partitions',
    schema: integer(100, 60_000),
    default: '5000',
    description: 'Longest time a worker keeps a busy partition before others may have it.',
    example: '5000',
  }),
  partitionLingerMs: entry({
    env: 'THROUGHLINE_PARTITION_LINGER_MS',
    group: 'Partitions',
    schema: integer(0, 10_000),
    default: '1000',
    description: 'How long a worker waits at an empty partition for the next event.',
    example: '1000',
  }),
  partitionSweepMs: entry({
    env: 'THROUGHLINE_PARTITION_SWEEP_MS',
    group: 'Partitions',
    // workers that are heard less often than every 3 s are taken for gone
    schema: integer(50, 2000),
    default: '750',
    description: 'How often each worker looks for forgotten partitions and due batches, and says that it is there.',
    example: '750',
  }),
  partitionLogMaxEntries: entry({
    env: 'THROUGHLINE_PARTITION_LOG_MAX_ENTRIES',
    group: 'Partitions',
    schema: integer(100, 10_000_000),
    default: '50000',
    description: 'Log entries at which the ingester stops reading its socket until workers catch up.',
    example: '50000',
  }),
  poisonRunLimit: entry({
    env: 'THROUGHLINE_POISON_RUN_LIMIT',
    group: 'Partitions',
    schema: integer(2, 100_000),
    default: '100',
    description: 'Poison events in a row that pause a partition and raise an alert.',
    example: '100',
  }),
  stateOpenTtlHours: entry({
    env: 'THROUGHLINE_STATE_OPEN_TTL_HOURS',
    group: 'Partitions',
    schema: integer(1, 2160),
    default: '168',
    description: 'How long an open conversation that says nothing is remembered.',
    example: '168',
  }),
  stateEndedTtlMinutes: entry({
    env: 'THROUGHLINE_STATE_ENDED_TTL_MINUTES',
    group: 'Partitions',
    schema: integer(1, 10_080),
    default: '60',
    description: 'How long an ended conversation is remembered for its late tail (after-call work, wrap-up).',
    example: '60',
  }),
} as const;
