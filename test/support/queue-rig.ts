// One queue on real Redis with a stage that does as the test says.
import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import { inject } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import type { Poison } from '../../src/runtime/errors.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import type { Outcome, StageContext } from '../../src/runtime/stage.ts';
import { startStageWorker, type RunningStage } from '../../src/runtime/stage-worker.ts';
import { connectRedis, redisOptions, type RedisConnectionOptions } from '../../src/stores/redis/connect.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';

export const messageSchema = z.object({ n: z.number() });
type Message = z.infer<typeof messageSchema>;
export type Handle = (message: Message, context: StageContext) => Promise<Outcome>;

type GiveUp = (message: Message, why: Poison) => Promise<void>;

export interface QueueRig {
  readonly queue: Queue;
  /** What a worker of BullMQ's own needs to reach it. */
  readonly reached: { readonly connection: RedisConnectionOptions; readonly prefix: string };
  readonly metrics: Metrics;
  readonly fatal: unknown[];
  startWorker(handle: Handle, timeoutMs?: number, lockMs?: number, giveUp?: GiveUp): Promise<RunningStage>;
  /** Value of the settled-messages counter for these labels. */
  settled(outcome: string, code?: string): Promise<number>;
  close(): Promise<void>;
}

export function queueRig(): QueueRig {
  const url = inject('redisUrl');
  const prefix = `t-${randomUUID().slice(0, 8)}`;
  const keys = keysFor(prefix);
  const connection = redisOptions(url, 'worker');
  const retention = { completed: { age: 60, count: 100 }, failed: 'kept' as const };
  const queue = openQueue({ name: 'test', retention }, connection, keys, () => undefined);
  const metrics = createMetrics();
  const fatal: unknown[] = [];
  const workers: RunningStage[] = [];
  return {
    queue,
    reached: { connection, prefix: keys.bull('test') },
    metrics,
    fatal,
    startWorker: async (handle, timeoutMs = 5000, lockMs?: number, giveUp: GiveUp = () => Promise.resolve()) => {
      const retry = { attempts: 3, initialMs: 20, maxMs: 50 };
      const stage = {
        name: 'test',
        schema: messageSchema,
        retry,
        timeoutMs,
        concurrency: 2,
        lockMs,
        run: handle,
        giveUp,
      };
      const log = createLogger({ level: 'silent', role: 'test' });
      const onFatal = (failure: unknown): unknown => fatal.push(failure);
      const worker = startStageWorker(stage, { queue, connection, keys, metrics, log, onFatal });
      workers.push(worker);
      await worker.ready;
      return worker;
    },
    settled: async (outcome, code = '') => {
      const metric = await metrics.registry.getSingleMetric('throughline_stage_messages_total')?.get();
      const found = metric?.values.find(({ labels }) => labels['outcome'] === outcome && labels['code'] === code);
      return found?.value ?? 0;
    },
    close: async () => {
      for (const worker of workers) await worker.stop();
      await queue.obliterate({ force: true });
      await queue.close();
      const redis = connectRedis(url, 'request', () => undefined);
      const left = await redis.keys(`${prefix}:*`);
      if (left.length > 0) await redis.del(...left);
      redis.disconnect();
    },
  };
}
