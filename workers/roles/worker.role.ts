// The worker: owns partitions, relays their outputs, sends batches to the sinks, rings deadlines, replays dead letters,
// repairs gaps, sweeps. Invariant: stops in the order of the path: sweep and repair, partitions, then a last cut, batches
// and the other stages, connections.
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import { startPartitionWorker, type PartitionWorker } from '../../src/partitions/partition-worker.ts';
import { pruneLive } from '../../src/partitions/prune.ts';
import { sweepFor } from '../../src/partitions/sweep.ts';
import { listenToDoorbell, type Doorbell } from '../../src/partitions/wake.ts';
import type { BatchBuffer } from '../../src/runtime/batch/buffer.ts';
import { Poison } from '../../src/runtime/errors.ts';
import type { LoggedEvent } from '../../src/runtime/partition-handler.ts';
import type { RunningStage } from '../../src/runtime/stage-worker.ts';
import { every, type Ticker } from '../../src/runtime/ticker.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import {
  CONVERSATION_SINK,
  CRM_SINK,
  ENRICHMENT_SINK,
  TIMER_SINK,
  WEBHOOK_SINK,
} from '../stages/conversations.stage.ts';
import { conversationTarget } from './conversation-target.ts';
import type { Foundation, RunningRole } from './foundation.ts';
import { startGapRepair } from './gaps.ts';
import { startInjection } from './injection.ts';
import { enrichmentReceiver, startLookUps } from './look-ups.ts';
import { lastFlush, startConversationUpdates, startCrm } from './sinks.ts';
import { startSlaDeadlines, timersOf } from './sla-deadlines.ts';
import { startStage } from './start-stage.ts';
import { startValidation } from './validation.ts';
import { startAudit } from './warehouse.ts';
import { openWebhooks, restoreDelivery, startWebhooks, type Webhooks } from './webhooks.ts';
import { openParts, type Parts } from './worker-parts.ts';

/** A batch that was cut and not settled for this long may have lost its job. */
const FORGOTTEN_BATCH_MS = 5000;
const PRUNE_MS = 10_000;

export async function startWorker(base: Foundation, onFatal: (failure: unknown) => void): Promise<RunningRole> {
  const target = conversationTarget(base);
  const parts = openParts(base, onFatal);
  const subscriber = connectRedis(base.redisUrl, 'subscriber', base.onRedisError);
  const doorbell = await listenToDoorbell(subscriber, base.keys.doorbell);
  const webhooks = openWebhooks(base, parts.queues, parts.seal);
  const partitions = startPartitions(parts, doorbell, webhooks);
  const sinks = [startCrm(parts), ...(target === undefined ? [] : [startConversationUpdates(parts, target)])];
  const sent = sinks.map(({ buffer }) => buffer);
  const sweep = startSweep(parts, partitions, sent);
  const pruning = startPruning(parts);
  const repair = startGapRepair(parts);
  const stages = [
    ...sinks.map(({ stage }) => stage),
    startSlaDeadlines(parts),
    startDeadLetters(parts, webhooks),
    ...startLookUps(parts),
    ...startValidation(parts),
    ...startInjection(parts),
    startAudit(parts),
    ...startWebhooks(parts, webhooks),
  ];
  await Promise.all([partitions, repair, ...stages].map(({ ready }) => ready));
  await partitions.share(0);
  return {
    stop: async () => {
      await Promise.all([sweep.stop(), pruning.stop(), repair.stop()]);
      await partitions.stop();
      await lastFlush(base, sent);
      await Promise.all(stages.map((stage) => stage.stop()));
      await doorbell.close();
      subscriber.disconnect();
      await parts.queues.close();
    },
  };
}

function startPartitions(parts: Parts, doorbell: Doorbell, webhooks: Webhooks): PartitionWorker {
  const { base, path, waker, deadLetters, buffers } = parts;
  const { config } = base;
  return startPartitionWorker({
    ...base,
    doorbell,
    waker,
    deadLetters,
    queueName: partitionsQueue.name,
    partitions: config.partitions,
    handler: path.conversations.handler,
    receivers: {
      ...buffers,
      [TIMER_SINK]: timersOf(parts),
      [ENRICHMENT_SINK]: enrichmentReceiver(parts),
      [WEBHOOK_SINK]: webhooks.receiver,
    },
    limits: {
      yieldMs: config.partitionYieldMs,
      lingerMs: config.partitionLingerMs,
      poisonRunLimit: config.poisonRunLimit,
    },
  });
}

function startDeadLetters(parts: Parts, webhooks: Webhooks): RunningStage {
  const { base, path, waker, seal, buffers } = parts;
  const { redis, keys, config } = base;
  const bySender = new Map<string, Pick<BatchBuffer, 'restore'>>([
    [path.receivers[CRM_SINK].name, buffers[CRM_SINK]],
    [path.receivers[CONVERSATION_SINK].name, buffers[CONVERSATION_SINK]],
    [path.receivers[WEBHOOK_SINK].name, { restore: restoreDelivery(webhooks) }],
  ]);
  const needs = {
    appender: appenderFor({ redis, keys, partitions: config.partitions, waker }),
    seal,
    decode: (event: LoggedEvent) => path.conversations.handler.decode(event),
    restoreRecord: async (sender: string, json: string, receivedAt: number) => {
      const buffer = bySender.get(sender);
      if (buffer === undefined) throw new Poison('unknown_stage', `no stage "${sender}" takes records in this build`);
      await buffer.restore(json, receivedAt);
    },
  };
  return startStage(parts, 'deadLetters', path.deadLetters, needs);
}

/** Forgotten partitions, due intervals, batches without a job: looked for by every worker, healed by whoever is first. */
function startSweep({ base, waker }: Parts, worker: PartitionWorker, buffers: readonly BatchBuffer[]): Ticker {
  const { redis, config, keys, metrics, clock, log } = base;
  const sweep = sweepFor({ redis, keys, partitions: config.partitions, waker, metrics });
  const work = async (): Promise<void> => {
    const forsaken = await sweep();
    await worker.share(forsaken.length);
    for (const buffer of buffers) {
      await buffer.cutAll('interval');
      await buffer.announceForgotten(FORGOTTEN_BATCH_MS);
    }
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
