// Every setting Throughline knows: its variable, type, default, meaning and an example, in one table.
// Invariant: nothing else in the project names an environment variable; docs and .env.example are generated from here.
import { z } from 'zod';

export interface Entry<S extends z.ZodType = z.ZodType> {
  readonly env: string;
  readonly group: string;
  readonly schema: S;
  /** As it would be written in the environment; absent = unset. */
  readonly default?: string;
  readonly description: string;
  readonly example: string;
  /** Never printed; may also come from the file named by `<env>_FILE`. */
  readonly secret?: true;
}

const entry = <const D extends Entry>(definition: D): D => definition;

const integer = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^-?\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().int().min(minimum, `must be at least ${minimum}`).max(maximum, `must be at most ${maximum}`));
const port = () => integer(0, 65_535);
const text = () => z.string().min(1, 'must not be empty').max(4096);
const httpUrl = () => z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' });
const idList = () =>
  z.union([z.literal('all'), z.literal('none'), z.string().regex(/^[0-9a-fA-F-]{36}(,[0-9a-fA-F-]{36})*$/)], {
    error: 'must be "all", "none", or ids (UUIDs) joined by commas',
  });

const regions = [
  'mypurecloud.com', 'mypurecloud.ie', 'mypurecloud.com.au', 'mypurecloud.jp', 'mypurecloud.de', 'usw2.pure.cloud',
  'cac1.pure.cloud', 'apne2.pure.cloud', 'euw2.pure.cloud', 'aps1.pure.cloud', 'sae1.pure.cloud', 'mec1.pure.cloud',
  'apne3.pure.cloud', 'euc2.pure.cloud', 'mxc1.pure.cloud', 'apse1.pure.cloud', 'use2.us-gov-pure.cloud', 'edee1.eusc-pure.cloud',
] as const; // prettier-ignore

export const entries = {
  dataDir: entry({
    env: 'THROUGHLINE_DATA_DIR',
    group: 'General',
    schema: text(),
    default: '.throughline',
    description: 'Folder for what a laptop run keeps: the private Redis, secrets made at first start.',
    example: '/var/lib/throughline',
  }),
  logLevel: entry({
    env: 'THROUGHLINE_LOG_LEVEL',
    group: 'General',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
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

  redisUrl: entry({
    env: 'REDIS_URL',
    group: 'Redis',
    schema: z.string().regex(/^(rediss?:\/\/.+|unix:\/.+)$/, 'must start with redis://, rediss:// or unix:/'),
    description: 'Redis or Valkey 6.2+. Unset: a private one is found or fetched and started in the data folder.',
    example: 'redis://redis:6379/0',
    secret: true,
  }),
  redisPrefix: entry({
    env: 'THROUGHLINE_REDIS_PREFIX',
    group: 'Redis',
    schema: z.string().regex(/^[a-z0-9-]{1,20}$/, 'must be 1 to 20 of a-z, 0-9 and -'),
    default: 'tl',
    description: 'First part of every key, so that several deployments can share one Redis.',
    example: 'tl-staging',
  }),

  genesysClientId: entry({
    env: 'THROUGHLINE_GENESYS_CLIENT_ID',
    group: 'Genesys Cloud',
    schema: text(),
    description: 'OAuth client (client credentials grant). Unset: the emulator is used.',
    example: '4b1c1d5e-0000-4000-8000-7a1f5a6c2f10',
  }),
  genesysClientSecret: entry({
    env: 'THROUGHLINE_GENESYS_CLIENT_SECRET',
    group: 'Genesys Cloud',
    schema: text(),
    description: 'Secret of that client.',
    example: '(from the OAuth client page)',
    secret: true,
  }),
  genesysRegion: entry({
    env: 'THROUGHLINE_GENESYS_REGION',
    group: 'Genesys Cloud',
    schema: z.enum(regions),
    default: 'mypurecloud.com',
    description: 'Host of the organisation’s region.',
    example: 'mypurecloud.ie',
  }),
  genesysGatewayUrl: entry({
    env: 'THROUGHLINE_GENESYS_GATEWAY_URL',
    group: 'Genesys Cloud',
    schema: httpUrl(),
    description:
      'Where to reach the platform instead of the region’s hosts: sign-in under /login, the API under /api/v2. Set by `up` to the emulator.',
    example: 'http://127.0.0.1:7710',
  }),
  genesysQueues: entry({
    env: 'THROUGHLINE_GENESYS_QUEUES',
    group: 'Genesys Cloud',
    schema: idList(),
    default: 'all',
    description: 'Queues whose conversations are followed: all that the client can see, none, or ids.',
    example: 'all',
  }),
  genesysUsers: entry({
    env: 'THROUGHLINE_GENESYS_USERS',
    group: 'Genesys Cloud',
    schema: idList(),
    default: 'all',
    description: 'Users whose conversations are followed: all that the client can see, none, or ids.',
    example: 'none',
  }),

  emulatorPort: entry({
    env: 'THROUGHLINE_EMULATOR_PORT',
    group: 'Emulator',
    schema: port(),
    default: '7710',
    description: 'Port of the Genesys Cloud emulator.',
    example: '7710',
  }),
  emulatorSeed: entry({
    env: 'THROUGHLINE_EMULATOR_SEED',
    group: 'Emulator',
    schema: integer(0, 4_294_967_295),
    default: '1',
    description: 'Seed of the contact centre and its conversations: the same seed tells the same story.',
    example: '42',
  }),
  emulatorRatePerMinute: entry({
    env: 'THROUGHLINE_EMULATOR_RATE_PER_MINUTE',
    group: 'Emulator',
    schema: integer(0, 600_000),
    default: '90',
    description: 'Conversations that customers start in a minute; 0 = only on demand.',
    example: '600',
  }),
  emulatorSpeed: entry({
    env: 'THROUGHLINE_EMULATOR_SPEED',
    group: 'Emulator',
    schema: integer(1, 10_000),
    default: '10',
    description: 'How many times faster than life emulated conversations pass.',
    example: '1',
  }),
  crmEmulatorPort: entry({
    env: 'THROUGHLINE_CRM_EMULATOR_PORT',
    group: 'Emulator',
    schema: port(),
    default: '7711',
    description: 'Port of the emulated CRM.',
    example: '7711',
  }),

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
    schema: integer(50, 60_000),
    default: '750',
    description: 'How often each worker looks for forgotten partitions and due batches.',
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

  crmUrl: entry({
    env: 'THROUGHLINE_CRM_URL',
    group: 'CRM',
    schema: httpUrl(),
    description: 'Where batches are posted. Unset: the emulated CRM.',
    example: 'https://crm.example.com/records',
  }),
  crmToken: entry({
    env: 'THROUGHLINE_CRM_TOKEN',
    group: 'CRM',
    schema: text(),
    description: 'Bearer token sent with each batch.',
    example: '(from the CRM)',
    secret: true,
  }),
  crmTimeoutMs: entry({
    env: 'THROUGHLINE_CRM_TIMEOUT_MS',
    group: 'CRM',
    schema: integer(100, 120_000),
    default: '30000',
    description: 'Longest wait for the CRM’s answer to a batch.',
    example: '30000',
  }),
  crmBatchMaxRecords: entry({
    env: 'THROUGHLINE_CRM_BATCH_MAX_RECORDS',
    group: 'CRM',
    schema: integer(1, 10_000),
    default: '50',
    description: 'Records in a batch at most; a full batch is sent at once.',
    example: '50',
  }),
  crmBatchMaxBytes: entry({
    env: 'THROUGHLINE_CRM_BATCH_MAX_BYTES',
    group: 'CRM',
    schema: integer(1024, 67_108_864),
    default: '1048576',
    description: 'Bytes in a batch at most; a batch that reaches them is sent at once.',
    example: '1048576',
  }),
  crmFlushIntervalMs: entry({
    env: 'THROUGHLINE_CRM_FLUSH_INTERVAL_MS',
    group: 'CRM',
    schema: integer(100, 600_000),
    default: '10000',
    description: 'Longest time a record waits for its batch to fill.',
    example: '10000',
  }),

  apiHost: entry({
    env: 'THROUGHLINE_API_HOST',
    group: 'API and console',
    schema: text(),
    default: '127.0.0.1',
    description: 'Address the API and console listen on.',
    example: '0.0.0.0',
  }),
  apiPort: entry({
    env: 'THROUGHLINE_API_PORT',
    group: 'API and console',
    schema: port(),
    default: '7700',
    description: 'Port of the API, console, Bull Board and cluster metrics.',
    example: '7700',
  }),
  apiBodyLimitBytes: entry({
    env: 'THROUGHLINE_API_BODY_LIMIT_BYTES',
    group: 'API and console',
    schema: integer(1024, 67_108_864),
    default: '1048576',
    description: 'Largest request body the API takes.',
    example: '1048576',
  }),
  consolePassword: entry({
    env: 'THROUGHLINE_CONSOLE_PASSWORD',
    group: 'API and console',
    schema: z.string().min(8, 'must have at least 8 characters').max(256),
    description: 'Password of the console and Bull Board. Unset: made at first start and printed.',
    example: '(at least 8 characters)',
    secret: true,
  }),
  payloadKey: entry({
    env: 'THROUGHLINE_PAYLOAD_KEY',
    group: 'API and console',
    schema: z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64 (openssl rand -base64 32)'),
    description: 'Key that seals the payloads of dead letters. Unset: made at first start and kept in the data folder.',
    example: '(openssl rand -base64 32)',
    secret: true,
  }),

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
    description: 'Port of those; 0 = any free one.',
    example: '9464',
  }),
  metricsScope: entry({
    env: 'THROUGHLINE_METRICS_SCOPE',
    group: 'Health and metrics',
    schema: z.enum(['process', 'cluster']),
    default: 'process',
    description: 'What the API’s /metrics shows: its own process, or all live processes added up (a laptop run).',
    example: 'cluster',
  }),
} as const;

type Entries = typeof entries;
type Defaulted = {
  [K in keyof Entries as Entries[K] extends { default: string } ? K : never]: z.output<Entries[K]['schema']>;
};

export type ConfigKey = keyof Entries;
/** The settled configuration. Units are in the names; secrets are plain strings here and nowhere else. */
export type Config = {
  readonly [K in ConfigKey]: z.output<Entries[K]['schema']> | (K extends keyof Defaulted ? never : undefined);
};
