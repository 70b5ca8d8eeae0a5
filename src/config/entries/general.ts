// Settings of a run as a whole.
import { entry, integer, oneOf, text } from './entry.ts';

export const generalEntries = {
  dataDir: entry({
    env: 'THROUGHLINE_DATA_DIR',
    group: 'General',
    schema: text(),
    default: '.throughline',
    description:
      'Folder for what a laptop run keeps: the private Redis and PostgreSQL, logs, secrets made at first start; and what an ingester ' +
      'spools while Redis is away. A relative one is inside the project.',
    example: '/var/lib/throughline',
  }),
  logLevel: entry({
    env: 'THROUGHLINE_LOG_LEVEL',
    group: 'General',
    schema: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    default: 'info',
    description: 'Least severe log line that is written.',
    example: 'debug',
  }),
  workers: entry({
    env: 'THROUGHLINE_WORKERS',
    group: 'General',
    schema: integer(1, 64),
    default: '2',
    description: 'Worker processes that `up` starts.',
    example: '4',
  }),
  drainDeadlineMs: entry({
    env: 'THROUGHLINE_DRAIN_DEADLINE_MS',
    group: 'General',
    schema: integer(1000, 600_000),
    default: '25000',
    description: 'Longest time a process takes to finish or hand back its work after SIGTERM.',
    example: '25000',
  }),
} as const;
