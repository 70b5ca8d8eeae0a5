// Throughline itself: partition log, atomic commit, relay into the real CRM buffer, batches sent by the real stage to a
// CRM that costs nothing. Put together as workers/roles do it, with the workload's handler.
import type { Redis } from 'ioredis';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { deliverWebhooksQueue } from '../../queues/deliver-webhooks.queue.ts';
import { slaDeadlinesQueue } from '../../queues/sla-deadlines.queue.ts';
import { syncCrmQueue } from '../../queues/sync-crm.queue.ts';
import { timerChangeSchema } from '../../src/domain/sla/timer.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import type { Receivers } from '../../src/partitions/relay.ts';
import { startPartitionWorker } from '../../src/partitions/partition-worker.ts';
import { sweepFor } from '../../src/partitions/sweep.ts';
import { listenToDoorbell, wakerFor } from '../../src/partitions/wake.ts';
import { runnableBatchStage } from '../../src/runtime/batch/batch-stage.ts';
import { BatchBuffer } from '../../src/runtime/batch/buffer.ts';
import { systemClock, type Clock } from '../../src/runtime/clock.ts';
import { deadLettersTo } from '../../src/runtime/dead-letters.ts';
import type { Receiver } from '../../src/runtime/partition-handler.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { startStageWorker } from '../../src/runtime/stage-worker.ts';
import { every } from '../../src/runtime/ticker.ts';
import { timerReceiver } from '../../src/runtime/timers.ts';
import { announcerTo, slaNewsReceiver } from '../../src/sinks/webhooks/announce.ts';
import { connectRedis, redisOptions } from '../../src/stores/redis/connect.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';
import { WebhookRegistry } from '../../src/stores/webhooks/registry.ts';
import { syncCrmStage } from '../../workers/stages/sync-crm.stage.ts';
import type { Feeder, Place, Setting, Subject } from './subject.ts';

/** The defaults of the product. */
export const PARTITIONS = 16;
const LIMITS = { yieldMs: 5000, lingerMs: 1000, poisonRunLimit: 100 };
const CRM = { crmBatchMaxRecords: 50, crmBatchMaxBytes: 1_048_576, crmFlushIntervalMs: 10_000, crmTimeoutMs: 30_000 };
const SWEEP_MS = 750;
const FORGOTTEN_BATCH_MS = 5000;
export const SEAL_KEY = Buffer.alloc(32, 7).toString('base64');

export const PREFIX = 'bench';
const keys = keysFor(PREFIX);
const ignore = (): void => undefined;
const log = createLogger({ level: 'error', role: 'bench' });

/** The same in every process of this host, finer than a millisecond; only differences of it mean anything. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
const clock: Clock = { ...systemClock, now: monotonicMs };

export const throughline: Subject = {
  name: 'throughline',
  processes: 2,
  share: 1,
  feed,
  work,
  stateKey: (conversationId) => keys.partition(partitionOf(conversationId, PARTITIONS)).state(conversationId),
  done: doneWith('crm'),
};

const everyPartition = Array.from({ length: PARTITIONS }, (_, partition) => keys.partition(partition));

/** Kept in the commit itself: an event lost or applied twice shows here. */
export async function committedEvents(redis: Redis): Promise<number> {
  const pipeline = redis.pipeline();
  for (const { meta } of everyPartition) pipeline.hget(meta, 'n:events');
  return sumOf(await pipeline.exec());
}

/** Done means relayed, and every batch that was cut answered, not only committed. */
export function doneWith(...buffers: readonly string[]) {
  return async (redis: Redis): Promise<number> => {
    const pipeline = redis.pipeline();
    for (const { outbox } of everyPartition) pipeline.xlen(outbox);
    for (const buffer of buffers) pipeline.zcard(keys.buffer(buffer).cut);
    return sumOf(await pipeline.exec()) > 0 ? 0 : committedEvents(redis);
  };
}

const sumOf = (replies: [Error | null, unknown][] | null): number =>
  (replies ?? []).reduce((sum, [, value]) => sum + Number(value ?? 0), 0);

async function feed({ redisUrl }: Setting): Promise<Feeder> {
  const redis = connectRedis(redisUrl, 'request', ignore);
  const queue = openQueue(partitionsQueue, redisOptions(redisUrl, 'worker'), keys, ignore);
  const appender = appenderFor({ redis, keys, partitions: PARTITIONS, waker: wakerFor(queue) });
  return {
    append: async (events) => {
      await appender.append(events);
    },
    close: async () => {
      await queue.close();
      redis.disconnect();
    },
  };
}

function work(place: Place): Promise<void> {
  return workInto(place, freeSinks);
}

interface Sinks {
  readonly receivers: Receivers;
  /** At every look around. */
  readonly tend?: () => Promise<unknown>;
}

interface SinkNeeds {
  readonly place: Place;
  readonly metrics: Metrics;
  readonly redis: Redis;
  readonly deadLetters: ReturnType<typeof deadLettersTo>;
}

/** The partition path of a worker, into sinks of the subject's own. */
export async function workInto(place: Place, open: (needs: SinkNeeds) => Promise<Sinks>): Promise<void> {
  const { redisUrl } = place;
  const redis = connectRedis(redisUrl, 'request', ignore);
  const subscriber = connectRedis(redisUrl, 'subscriber', ignore);
  const connection = redisOptions(redisUrl, 'worker');
  const metrics = listeningMetrics(place.committed);
  const queue = openQueue(partitionsQueue, connection, keys, ignore);
  const deadQueue = openQueue(deadLettersQueue, connection, keys, ignore);
  const deadLetters = deadLettersTo({ queue: deadQueue, seal: sealWith(SEAL_KEY) });
  const waker = wakerFor(queue);
  const { receivers, tend } = await open({ place, metrics, redis, deadLetters });
  const doorbell = await listenToDoorbell(subscriber, keys.doorbell);
  const common = { redis, keys, partitions: PARTITIONS, waker, metrics };
  const worker = startPartitionWorker({
    ...common,
    handler: place.workload.handler,
    doorbell,
    connection,
    queueName: partitionsQueue.name,
    receivers,
    deadLetters,
    log,
    clock,
    limits: LIMITS,
  });
  await worker.ready;
  await worker.share(0);
  const sweep = sweepFor(common);
  const lookAround = async (): Promise<void> => {
    const forsaken = await sweep();
    await worker.share(forsaken.length);
    await tend?.();
  };
  every(SWEEP_MS, lookAround, { clock: systemClock, onError: ignore });
}

async function freeSinks(needs: SinkNeeds): Promise<Sinks> {
  const buffer = await startCrm(needs);
  // set and taken away as in the product, and left to lie: the workload's hours have passed
  const timers = timerReceiver({
    queue: openQueue(slaDeadlinesQueue, redisOptions(needs.place.redisUrl, 'worker'), keys, ignore),
    schema: timerChangeSchema,
    attempts: 1,
    clock: systemClock,
  });
  const tend = async (): Promise<void> => {
    await buffer.cutAll('interval');
    await buffer.announceForgotten(FORGOTTEN_BATCH_MS);
  };
  return { receivers: { crm: buffer, timers, webhooks: newsForNobody(needs) }, tend };
}

/** As in a deployment without webhook targets. */
function newsForNobody({ place, redis }: SinkNeeds): Receiver {
  const seal = sealWith(SEAL_KEY);
  const registry = new WebhookRegistry(redis, keys.webhooks, seal);
  const queue = openQueue(deliverWebhooksQueue, redisOptions(place.redisUrl, 'worker'), keys, ignore);
  const announcer = announcerTo({ registry, queue, seal, attempts: 1 });
  return slaNewsReceiver(announcer, registry, { now: () => systemClock.now(), onUnreadable: ignore });
}

async function startCrm({ place: { redisUrl, workload }, metrics, redis, deadLetters }: SinkNeeds) {
  const connection = redisOptions(redisUrl, 'worker');
  const queue = openQueue(syncCrmQueue, connection, keys, ignore);
  const stage = {
    ...syncCrmStage(CRM),
    parse: (json: string): unknown => JSON.parse(json),
    identify: workload.identify,
  };
  const buffer = new BatchBuffer({
    redis,
    metrics,
    keys: keys.buffer('crm'),
    stage: stage.name,
    limits: stage.batch,
    rest: stage.retry,
    identify: workload.identify,
    announce: async ({ batchId, trigger }) => {
      await queue.add('flush', { batchId, trigger }, { jobId: batchId, attempts: stage.retry.attempts });
    },
  });
  const sink = { ...stage, handleBatch: async (records: readonly unknown[]) => records.map(() => ({ kind: 'done' }) as const) }; // prettier-ignore
  const runnable = runnableBatchStage(sink, syncCrmQueue.schema, {
    buffer,
    deadLetters,
    metrics,
    now: monotonicMs,
    handlerNeeds: { crm: { sendBatch: () => Promise.resolve([]) } },
  });
  const running = startStageWorker(runnable, { connection, keys, metrics, log, queue, onFatal: ignore }); // prettier-ignore
  await running.ready;
  return buffer;
}

/** The product's metrics, and each event's latency as it is. */
function listeningMetrics(committed: Place['committed']): Metrics {
  const metrics = createMetrics();
  if (committed === undefined) return metrics;
  return {
    ...metrics,
    observe: (name, value, labels) => {
      metrics.observe(name, value, labels);
      if (name === 'throughline_event_to_commit_seconds') committed(value * 1000);
    },
  };
}
