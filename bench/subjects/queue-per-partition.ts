// One BullMQ queue per partition, one job at a time in each over both processes: ordered as long as nothing fails.
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import { applyJob, jobState, type JobEvent } from './apply-one.ts';
import { closeAll, jobQueue, jobWorker } from './bullmq-connection.ts';
import { chunksOf, grouped, type Subject } from './subject.ts';
import { PARTITIONS } from './throughline.ts';

const names = Array.from({ length: PARTITIONS }, (_, partition) => `partition-${partition}`);

export const queuePerPartition: Subject = {
  name: 'one BullMQ queue per partition',
  processes: 2,
  share: 0.08,
  stateKey: jobState,
  feed: async ({ redisUrl }) => {
    const queues = names.map((name) => jobQueue(redisUrl, name));
    await Promise.all(queues.map((queue) => queue.setGlobalConcurrency(1)));
    return {
      append: async (events) => {
        for (const chunk of chunksOf(events)) {
          const own = grouped(chunk, ({ key }) => partitionOf(key, PARTITIONS));
          const adding = [...own].map(async ([partition, some]) => {
            await queues[partition]?.addBulk(some.map((data) => ({ name: 'event', data })));
          });
          await Promise.all(adding);
        }
      },
      close: closeAll(queues),
    };
  },
  work: async ({ redisUrl, workload, applied }) => {
    const redis = connectRedis(redisUrl, 'worker', () => undefined);
    const starting = names.map((name) =>
      jobWorker(redisUrl, name, 1, async (data) => {
        await applyJob(redis, workload, data as JobEvent);
        applied(1);
      }),
    );
    await Promise.all(starting);
  },
};
