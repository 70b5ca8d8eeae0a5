// What the API is given by whoever starts it. Invariant: it opens nothing of its own but the listening socket, and
// closes nothing that it was given.
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Config } from '../config/entries.ts';
import type { AttributeInspector } from '../enrichment/inspector.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Appender } from '../partitions/append.ts';
import type { Room } from '../partitions/room.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Warehouse } from '../stores/warehouse/warehouse.ts';
import type { Seal } from '../runtime/seal.ts';

export interface ServedQueue {
  readonly name: string;
  /** One sentence, shown on Bull Board. */
  readonly does: string;
  readonly queue: Queue;
}

export interface ApiNeeds {
  readonly config: Pick<
    Config,
    | 'apiHost'
    | 'apiPort'
    | 'apiBodyLimitBytes'
    | 'metricsScope'
    | 'partitions'
    | 'redisPrefix'
    | 'eventsToken'
    | 'ingestMaxFrameBytes'
    | 'webhookAllow'
    | 'webhookPorts'
    | 'webhookTimeoutMs'
    | 'webhookRetries'
    | 'enrichment'
    | 'enrichmentWindowMinutes'
  >;
  /** Of kind `request`: a question that Redis cannot answer fails instead of hanging. */
  readonly redis: Redis;
  readonly queues: readonly ServedQueue[];
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly version: string;
  /** Opens and closes what is kept sealed. */
  readonly seal: Seal;
  readonly password: string;
  /** Signs session cookies; the same on every replica, so that a session is good on all of them. */
  readonly sessionKey: string;
  readonly clock: Clock;
  /** Folder of the built console: index.html, sign-in.html, style.css and its modules. */
  readonly consoleDir: string;
  /** Files served under /assets/vendor/, by name: absolute paths. */
  readonly assets: Readonly<Record<string, string>>;
  /** Where events that are posted go, and whether there is room for them. */
  readonly events: { readonly appender: Appender; readonly room: () => Promise<Room> };
  /** Undefined where no SQL store is configured: its routes then answer 503. */
  readonly warehouse?: Pick<Warehouse, 'query' | 'state'> | undefined;
  /** Clears the pause of a partition and wakes it. */
  readonly resumePartition: (partition: number) => Promise<unknown>;
  /** Absent where enrichment is off. */
  readonly inspector?: AttributeInspector | undefined;
  /** Has the customers of these conversations looked up for a run of that name; again is harmless. Absent: enrichment is off. */
  readonly enrich?: ((run: string, conversationIds: readonly string[]) => Promise<unknown>) | undefined;
}
