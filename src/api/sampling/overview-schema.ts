// The overview: what the console draws and what `GET /api/v1/overview` and `/api/v1/live` give. Invariant: bounded in
// size whatever the load, numbers and ids only.
import { z } from 'zod';
import { OBJECTIVES } from '../../domain/sla/objectives.ts';
import { GAP_STATES } from '../../stores/gaps/gap.ts';
import { enrichmentSchema } from './enrichment-schema.ts';

const count = (description: string) => z.number().int().min(0).describe(description);
const milliseconds = (description: string) => z.number().min(0).describe(description);
const perSecond = (description: string) => z.number().min(0).describe(description);
const epochMs = (description: string) => z.number().int().describe(`${description}, epoch milliseconds`);
const counts = (description: string) => z.record(z.string(), z.number().int().min(0)).describe(description);

const ingesterSchema = z.object({
  id: z.string().describe('As in the gaps'),
  connected: z.boolean().describe('Whether the notification sockets of all its channels are open'),
  lastFrameAgeMs: milliseconds('Since the last frame of any kind; null before the first').nullable(),
  connectedSince: epochMs('Since when it is connected').nullable(),
  topics: count('Topics subscribed to'),
  leftOutTopics: count('Topics for which its channels have no room'),
  channels: count('Notification channels in use'),
  paused: z.boolean().describe('Whether reading is paused because a buffer or a partition is full'),
  reconnects: count('Sockets opened again since it started'),
});

const streamSchema = ingesterSchema
  .omit({ id: true, leftOutTopics: true })
  .extend({
    native: z.boolean().describe('Whether the platform is listened to at all: THROUGHLINE_GENESYS_STREAM'),
    trouble: z.string().nullable().describe('What is wrong with the ingesters taken together, and what to change'),
    ingesters: z.array(ingesterSchema).describe('Those that live, each by itself'),
  })
  .describe('All ingesters together: connected when all that is followed is heard by one of them at least');

const gapsSchema = z
  .object({
    open: count('Gaps that go on'),
    repairing: count('Gaps that are over and not yet repaired'),
    repaired: count('Gaps of which all is known'),
    lost: count('Gaps given up: a person must look'),
    known: count('Conversations that gaps may have touched'),
    reconciled: count('Of those, read again since'),
    completeness: z.number().min(0).max(1).describe('Reconciled of known'),
    newest: z.array(
      z.object({
        id: z.string(),
        from: epochMs('The last moment known to be whole'),
        to: epochMs('When a socket was live again; null while it goes on').nullable(),
        cause: z.string(),
        state: z.enum(GAP_STATES),
        covered: z.boolean().describe('Whether another ingester’s socket was live all the while'),
        known: count('Conversations it may have touched'),
        reconciled: count('Of those, read again since'),
        changed: count('Of those, about which something new was learnt'),
      }),
    ),
  })
  .describe('Intervals without a live socket');

const totalsSchema = z
  .object({
    eventsApplied: count('Events applied to conversations'),
    moves: count('Legal state moves'),
    crmRecords: count('Records the CRM has accepted'),
    deadLetters: count('Events and records ever set aside'),
    refused: counts('Moves that changed nothing, by reason'),
  })
  .describe('Since the deployment began');

const ratesSchema = z
  .object({
    eventsPerSecond: perSecond('Events applied'),
    movesPerSecond: perSecond('State moves'),
    crmRecordsPerSecond: perSecond('CRM records delivered'),
  })
  .describe('Over the last 5 seconds');

const latencySchema = z
  .object({ p50: milliseconds('Median'), p95: milliseconds('95th percentile'), p99: milliseconds('99th percentile') })
  .describe('From frame received to state committed, milliseconds, over the last 60 seconds; null when nothing came');

const partitionSchema = z.object({
  id: z.number().int().min(0),
  depth: count('Log entries that wait'),
  outbox: count('Outputs not yet handed on'),
  oldestMs: milliseconds('Age of the oldest waiting entry; null when none waits').nullable(),
  epoch: count('How often the partition changed hands'),
  awake: z.boolean().describe('Whether a worker holds it or has been called'),
  paused: z.string().nullable().describe('Why it is paused; null when it is not'),
});

const queueSchema = z.object({
  name: z.string(),
  waiting: count('Jobs that wait, prioritised ones with them'),
  active: count('Jobs running'),
  delayed: count('Jobs that wait for their time'),
  failed: count('Jobs given up'),
  completed: count('Jobs done and still kept'),
  paused: z.boolean(),
});

const processSchema = z.object({
  id: z.string(),
  role: z.string(),
  pid: z.number().int(),
  host: z.string(),
  startedAt: epochMs('When it started'),
  ageMs: milliseconds('Since it last said that it lives'),
});

const objectiveSchema = z.object({
  objective: z.enum(OBJECTIVES),
  pending: count('Waited for now'),
  atRisk: count('Waited for now, with little time left'),
  met: count('Kept, and nothing more is waited for'),
  breach: count('Missed'),
});

export const slaSchema = z
  .object({
    compliant: count('Messages that met what is promised'),
    breach: count('Messages that missed it'),
    missingReceipt: count('Messages not yet to be told: a receipt is missing'),
    objectives: z.array(objectiveSchema).describe('Conversations by objective, each under where it stands now'),
    deadlines: z.object({
      armed: count('Conversations with an hour at which a promise can move by itself'),
      overdueMs: milliseconds(
        'How long the oldest of those that should have rung is late; null when none is',
      ).nullable(),
    }),
  })
  .describe('What was promised to customers');

const historyPointSchema = ratesSchema.extend({
  at: epochMs('When it was measured'),
  p50: milliseconds('Median latency').nullable(),
  p95: milliseconds('95th percentile of latency').nullable(),
  inFlight: count('Open conversations'),
  slaBreaches: count('SLA breaches since the deployment began'),
  deadLetters: count('Dead letters that wait for a person'),
});

export const overviewSchema = z.object({
  at: epochMs('When this was read'),
  version: z.string(),
  stream: streamSchema,
  gaps: gapsSchema,
  totals: totalsSchema,
  rates: ratesSchema,
  latencyMs: latencySchema.nullable(),
  conversations: z.object({
    inFlight: count('Open conversations'),
    byMedia: counts('Open conversations by media'),
    truncated: z.boolean().describe('True when there are too many to look at each: byMedia is then of a sample'),
  }),
  sla: slaSchema,
  deadLetters: z.object({
    waiting: count('Dead letters that wait for a person'),
    byCode: counts('The newest of them by code (`unread`: too large to look at)'),
  }),
  crm: z.object({
    waiting: count('Records that wait for a batch'),
    inFlightBatches: count('Batches cut and not yet settled'),
    delivered: count('Records the CRM has accepted'),
  }),
  enrichment: enrichmentSchema,
  partitions: z.array(partitionSchema),
  queues: z.array(queueSchema),
  processes: z.array(processSchema),
  history: z
    .array(historyPointSchema)
    .describe('The last 180 seconds, oldest first; later messages of the live stream hold the newest point only'),
});

export type Overview = z.infer<typeof overviewSchema>;
export type HistoryPoint = z.infer<typeof historyPointSchema>;
export type Totals = z.infer<typeof totalsSchema>;
export type Rates = z.infer<typeof ratesSchema>;
export type PartitionFigures = z.infer<typeof partitionSchema>;
export type QueueFigures = z.infer<typeof queueSchema>;
export type LatencyFigures = z.infer<typeof latencySchema>;
