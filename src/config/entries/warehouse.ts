// The SQL store: where it is, and how long what is in it is kept.
import { z } from 'zod';
import { entry, integer } from './entry.ts';

const group = 'SQL store';

export const warehouseEntries = {
  databaseUrl: entry({
    env: 'DATABASE_URL',
    group,
    schema: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql://user:password@host:5432/database address' }), // prettier-ignore
    description:
      'PostgreSQL 13+ for the audit, a database of its own; workers write there, the API reads. Unset: `up` starts one ' +
      'in the data folder; elsewhere audit records wait in their queue.',
    example: 'postgresql://throughline@db:5432/throughline',
    secret: true,
  }),
  warehouseConnections: entry({
    env: 'THROUGHLINE_WAREHOUSE_CONNECTIONS',
    group,
    schema: integer(2, 100),
    default: '4',
    description:
      'Connections to the SQL store that one process opens at most; all of them must fit its max_connections.',
    example: '8',
  }),
  auditRetentionDays: entry({
    env: 'THROUGHLINE_AUDIT_RETENTION_DAYS',
    group,
    schema: integer(0, 36_500),
    default: '400',
    description: 'Days that audit records are kept at least; they go by whole months. 0 = for ever.',
    example: '90',
  }),
} as const;
