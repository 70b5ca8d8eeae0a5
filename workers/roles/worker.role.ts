// The worker: owns partitions, relays their outputs, sends CRM batches, rings deadlines, replays dead letters, repairs
// gaps, sweeps. Invariant: stops in the order of the path: sweep and repair, partitions, then a last cut, batches, dead
// letters, connections.
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import { startPartitionWorker, type PartitionWorker } from '../../src/partitions/partition-worker.ts';
import { pruneLive } from '../../src/partitions/prune.ts';
import { sweepFor } from '../../src/partitions/sweep.ts';
import { listenToDoorbell, wakerFor, type Doorbell, type Waker } from '../../src/partitions/wake.ts';
import { runnableBatchStage } from '../../src/runtime/batch/batch-stage.ts';
import { BatchBuffer } from '../../src/runtime/batch/buffer.ts';
import type { DeadLetters } from '../../src/runtime/dead-letters.ts';
import { timerChangeSchema } from '../../src/domain/sla/timer.ts';
import type { LoggedEvent } from '../../src/runtime/partition-handler.ts';
import { sealWith, type Seal } from '../../src/runtime/seal.ts';
import { startStageWorker, type RunningStage } from '../../src/runtime/stage-worker.ts';
import { every, type Ticker } from '../../src/runtime/ticker.ts';
import { timerReceiver } from '../../src/runtime/timers.ts';
import type { CrmClient } from '../../src/sinks/crm/crm-client.ts';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { slaDeadlinesQueue } from '../../queues/sla-deadlines.queue.ts';
import { syncCrmQueue } from '../../queues/sync-crm.queue.ts';
import { CRM_SINK, TIMER_SINK } from '../stages/conversations.stage.ts';
import { topology } from '../topology.ts';
import { openCrm } from './crm.ts';
import { payloadKeyOf, type Foundation, type RunningRole } from './foundation.ts';
import { startGapRepair } from './gaps.ts';
import { deadLetterBox, openQueues, type OpenQueues } from './open-queues.ts';

/** A batch that was cut and not settled for this long may have lost its job. */
const FORGOTTEN_BATCH_MS = 5000;
const PRUNE_MS = 10_000;
/** The batches of the last cut get this long; what is not sent then waits in Redis for another worker. */
const LAST_FLUSH_MS = 5000;

interface Parts {
  readonly base: Foundation;
  readonly path: ReturnType<typeof topology>;
  readonly crm: CrmClient;
  readonly queues: OpenQueues;
  readonly waker: Waker;
  readonly seal: Seal;
  readonly deadLetters: DeadLetters;
  readonly buffer: BatchBuffer;
  readonly onFatal: (failure: unknown) => void;
}

export async function startWorker(base: Foundation, onFatal: (failure: unknown) => void): Promise<RunningRole> {
  const parts = openParts(base, onFatal);
  const subscriber = connectRedis(base.redisUrl, 'subscriber', base.onRedisError);
  const doorbell = await listenToDoorbell(subscriber, base.keys.doorbell);
  const partitions = startPartitions(parts, doorbell);
  const crm = startCrm(parts);
  const slaDeadlines = startSlaDeadlines(parts);
  const deadLetters = startDeadLetters(parts);
  const sweep = startSweep(parts, partitions);
  const pruning = startPruning(parts);
  const repair = startGapRepair(parts);
  await Promise.all([partitions.ready, crm.ready, slaDeadlines.ready, deadLetters.ready, repair.ready]);
  await partitions.share(0);
  return {
    stop: async () => {
      await Promise.all([sweep.stop(), pruning.stop(), repair.stop()]);
      await partitions.stop();
      await lastFlush(parts);
      await Promise.all([crm.stop(), slaDeadlines.stop(), deadLetters.stop()]);
      await doorbell.close();
      subscriber.disconnect();
      await parts.queues.close();
    },
  };
}

function openParts(base: Foundation, onFatal: (failure: unknown) => void): Parts {
  const { config, metrics, redis, keys, onStep } = base;
  const path = topology(config, metrics);
  const crm = openCrm(base, path.receivers[CRM_SINK].concurrency);
  const queues = openQueues(base);
  const seal = sealWith(payloadKeyOf(config));
  const waker = wakerFor(queues.partitions);
  const deadLetters = deadLetterBox(base, queues, seal);
  const { name: stage, batch: limits, identify, retry } = path.receivers[CRM_SINK];
  const buffer = new BatchBuffer({
    redis,
    metrics,
    keys: keys.buffer(CRM_SINK),
    stage,
    limits,
    rest: retry,
    identify,
    onStep,
    announce: async ({ batchId, trigger }) => {
      await queues.syncCrm.add('flush', { batchId, trigger }, { jobId: batchId, attempts: retry.attempts });
    },
  });
  return { base, path, crm, queues, waker, seal, deadLetters, buffer, onFatal };
}

function startPartitions(parts: Parts, doorbell: Doorbell): PartitionWorker {
  const { base, path, waker, deadLetters, buffer, queues } = parts;
  const { config, clock } = base;
  const { attempts } = path.receivers[TIMER_SINK].retry;
  const timers = timerReceiver({ queue: queues.slaDeadlines, schema: timerChangeSchema, attempts, clock });
  return startPartitionWorker({
    ...base,
    doorbell,
    waker,
    deadLetters,
    queueName: partitionsQueue.name,
    partitions: config.partitions,
    handler: path.conversations.handler,
    receivers: { [CRM_SINK]: buffer, [TIMER_SINK]: timers },
    limits: {
      yieldMs: config.partitionYieldMs,
      lingerMs: config.partitionLingerMs,
      poisonRunLimit: config.poisonRunLimit,
    },
  });
}

function startCrm({ base, path, crm, buffer, deadLetters, queues, onFatal }: Parts): RunningStage {
  const { metrics, log, clock, onStep } = base;
  const needs = { buffer, deadLetters, metrics, log, now: () => clock.now(), handlerNeeds: { crm }, onStep };
  const stage = runnableBatchStage(path.receivers[CRM_SINK], syncCrmQueue.schema, needs);
  return startStageWorker(stage, { ...base, queue: queues.syncCrm, onFatal });
}

function startSlaDeadlines({ base, path, waker, queues, onFatal }: Parts): RunningStage {
  const { redis, keys, config, metrics, onStep } = base;
  const stage = path.receivers[TIMER_SINK];
  const needs = {
    appender: appenderFor({ redis, keys, partitions: config.partitions, waker, onStep }),
    hour: async () => {
      const [seconds = 0, micros = 0] = await redis.time();
      return seconds * 1000 + Math.floor(micros / 1000);
    },
    metrics,
  };
  return startStageWorker(
    { ...stage, schema: slaDeadlinesQueue.schema, run: (ring, context) => stage.handle(ring, context, needs) },
    { ...base, queue: queues.slaDeadlines, onFatal },
  );
}

function startDeadLetters({ base, path, waker, seal, buffer, queues, onFatal }: Parts): RunningStage {
  const { redis, keys, config } = base;
  const stage = path.deadLetters;
  const needs = {
    appender: appenderFor({ redis, keys, partitions: config.partitions, waker }),
    seal,
    decode: (event: LoggedEvent) => path.conversations.handler.decode(event),
    restoreRecord: (_stage: string, json: string, receivedAt: number) => buffer.restore(json, receivedAt),
  };
  return startStageWorker(
    { ...stage, schema: deadLettersQueue.schema, run: (letter, context) => stage.handle(letter, context, needs) },
    { ...base, queue: queues.deadLetters, onFatal },
  );
}

/** Forgotten partitions, due intervals, batches without a job: looked for by every worker, healed by whoever is first. */
function startSweep({ base, waker, buffer }: Parts, worker: PartitionWorker): Ticker {
  const { redis, config, keys, metrics, clock, log } = base;
  const sweep = sweepFor({ redis, keys, partitions: config.partitions, waker, metrics });
  const work = async (): Promise<void> => {
    const forsaken = await sweep();
    await worker.share(forsaken.length);
    await buffer.cutAll('interval');
    await buffer.announceForgotten(FORGOTTEN_BATCH_MS);
  };
  const onError = (error: Error): void => log.warn({ err: error }, 'sweep failed; the next one looks again');
  return every(config.partitionSweepMs, work, { clock, onError });
}

/** Conversations that fell silent: one partition after another, so that each comes round every few minutes. */
function startPruning({ base }: Parts): Ticker {
  const { redis, config, keys, clock, log } = base;
  let turn = 0;
  const work = async (): Promise<void> => {
    await pruneLive(redis, keys.partition(turn % config.partitions));
    turn += 1;
  };
  const onError = (error: Error): void => log.warn({ err: error }, 'pruning failed; the next turn looks again');
  return every(PRUNE_MS, work, { clock, onError });
}

async function lastFlush({ base, buffer }: Parts): Promise<void> {
  try {
    await buffer.cutAll('shutdown');
    await buffer.untilSettled(LAST_FLUSH_MS, base.clock);
  } catch (error) {
    base.log.warn({ err: error }, 'the last flush failed; its records wait in Redis');
  }
}
