// What most people write: three BullMQ queues, a job an event a stage: validate, move the state, add the CRM record to a
// batch of 50.
import type { Output } from '../../src/runtime/partition-handler.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { applyDecoded, decodeJob, jobState, toCrm, type JobEvent } from './apply-one.ts';
import { CONCURRENCY, jobQueue, jobWorker } from './bullmq-connection.ts';
import { chunksOf, type Subject } from './subject.ts';

export const chainedQueues: Subject = {
  name: 'three chained BullMQ queues',
  processes: 2,
  share: 0.06,
  stateKey: jobState,
  feed: async ({ redisUrl }) => {
    const queue = jobQueue(redisUrl, 'validate');
    return {
      append: async (events) => {
        for (const chunk of chunksOf(events)) await queue.addBulk(chunk.map((data) => ({ name: 'event', data })));
      },
      close: () => queue.close(),
    };
  },
  work: async ({ redisUrl, workload, applied }) => {
    const redis = connectRedis(redisUrl, 'worker', () => undefined);
    const moves = jobQueue(redisUrl, 'move');
    const records = jobQueue(redisUrl, 'record');
    await jobWorker(redisUrl, 'validate', CONCURRENCY, async (data) => {
      const { key, event } = decodeJob(workload, data as JobEvent);
      await moves.add('move', { key, event });
    });
    await jobWorker(redisUrl, 'move', CONCURRENCY, async (data) => {
      const { key, event } = data as { key: string; event: unknown };
      const outputs = await applyDecoded(redis, workload, key, event);
      await records.add('record', outputs);
    });
    await jobWorker(redisUrl, 'record', CONCURRENCY, async (data) => {
      await toCrm(redis, data as Output[]);
      applied(1);
    });
  },
};
