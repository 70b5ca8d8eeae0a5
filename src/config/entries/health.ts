// What each process says of itself.
import { entry, oneOf, port, text } from './entry.ts';

export const healthEntries = {
  opsHost: entry({
    env: 'THROUGHLINE_OPS_HOST',
    group: 'Health and metrics',
    schema: text(),
    default: '127.0.0.1',
    description: 'Address of each process’s /healthz, /readyz, /metrics and /version.',
    example: '0.0.0.0',
  }),
  opsPort: entry({
    env: 'THROUGHLINE_OPS_PORT',
    group: 'Health and metrics',
    schema: port(),
    default: '0',
    description:
      'Port of those; 0 = any free one. `up` runs several processes on one machine and always uses free ones.',
    example: '9464',
  }),
  metricsScope: entry({
    env: 'THROUGHLINE_METRICS_SCOPE',
    group: 'Health and metrics',
    schema: oneOf(['process', 'cluster']),
    default: 'process',
    description: 'What the API’s /metrics shows: its own process, or all live processes added up (a laptop run).',
    example: 'cluster',
  }),
} as const;
