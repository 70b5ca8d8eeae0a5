// Where webhooks may go, how long they are waited for, and when a target is given up.
import { z } from 'zod';
import { allowProblem } from '../../sinks/webhooks/target-guard.ts';
import { entry, integer, port } from './entry.ts';

const group = 'Webhooks';

const allowList = () =>
  z
    .string()
    .max(4096, 'must have at most 4096 characters')
    .refine((text) => allowProblem(text) === undefined, {
      error: ({ input }) =>
        `must be addresses, CIDR ranges or host names joined by commas, each with :port or without; not "${allowProblem(String(input))}"`,
    });

export const webhookEntries = {
  webhookAllow: entry({
    env: 'THROUGHLINE_WEBHOOK_ALLOW',
    group,
    schema: allowList(),
    description:
      'Targets outside the public Internet that may be called, also by http: addresses, CIDR ranges and host names, each with :port or without (IPv6 then in []). Unset: none; `throughline up` with the emulator allows its own listener.',
    example: '10.20.0.0/16,hooks.internal,127.0.0.1:4180',
  }),
  webhookPorts: entry({
    env: 'THROUGHLINE_WEBHOOK_PORTS',
    group,
    schema: z.string().regex(/^\d{1,5}(,\d{1,5}){0,31}$/, 'must be port numbers joined by commas'),
    default: '443,8443',
    description: 'Ports that public targets may have.',
    example: '443',
  }),
  webhookTimeoutMs: entry({
    env: 'THROUGHLINE_WEBHOOK_TIMEOUT_MS',
    group,
    schema: integer(100, 30_000),
    default: '5000',
    description: 'Longest wait for a target’s answer, where the target says nothing of its own.',
    example: '8000',
  }),
  webhookRetries: entry({
    env: 'THROUGHLINE_WEBHOOK_RETRIES',
    group,
    schema: integer(0, 20),
    default: '3',
    description: 'Tries after the first before a message is set aside as a dead letter.',
    example: '3',
  }),
  webhookRetryDelayMs: entry({
    env: 'THROUGHLINE_WEBHOOK_RETRY_DELAY_MS',
    group,
    schema: integer(10, 3_600_000),
    default: '60000',
    description: 'Time between those tries.',
    example: '60000',
  }),
  webhookDisableAfterMinutes: entry({
    env: 'THROUGHLINE_WEBHOOK_DISABLE_AFTER_MINUTES',
    group,
    schema: integer(1, 43_200),
    default: '1440',
    description: 'A target that has failed for this long, and nothing but failed, is switched off.',
    example: '1440',
  }),
  webhookListenPort: entry({
    env: 'THROUGHLINE_WEBHOOK_LISTEN_PORT',
    group,
    schema: port(),
    default: '4180',
    description: 'Port of `throughline webhooks listen` on 127.0.0.1, for trying webhooks out.',
    example: '4180',
  }),
} as const;
