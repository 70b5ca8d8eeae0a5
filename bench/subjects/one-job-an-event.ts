// One BullMQ job an event: validation and move in one, unordered.
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { applyJob, jobState, type JobEvent } from './apply-one.ts';
import { CONCURRENCY, jobQueue, jobWorker } from './bullmq-connection.ts';
import { chunksOf, type Subject } from './subject.ts';

export const oneJobAnEvent: Subject = {
  name: 'one BullMQ job an event',
  processes: 2,
  share: 0.15,
  stateKey: jobState,
  feed: async ({ redisUrl }) => {
    const queue = jobQueue(redisUrl, 'events');
    return {
      append: async (events) => {
        for (const chunk of chunksOf(events)) await queue.addBulk(chunk.map((data) => ({ name: 'event', data })));
      },
      close: () => queue.close(),
    };
  },
  work: async ({ redisUrl, workload, applied }) => {
    const redis = connectRedis(redisUrl, 'worker', () => undefined);
    await jobWorker(redisUrl, 'events', CONCURRENCY, async (data) => {
      await applyJob(redis, workload, data as JobEvent);
      applied(1);
    });
  },
};
