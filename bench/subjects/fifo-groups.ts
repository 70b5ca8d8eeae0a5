// groupmq: a queue with FIFO groups on Redis, the nearest library to what is promised here; a group a conversation.
import { Queue, Worker } from 'groupmq';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { applyJob, jobState, type JobEvent } from './apply-one.ts';
import { CONCURRENCY } from './bullmq-connection.ts';
import { chunksOf, type Subject } from './subject.ts';

const NAMESPACE = 'events';

const open = (redisUrl: string) => {
  const redis = connectRedis(redisUrl, 'worker', () => undefined);
  return { redis, queue: new Queue<JobEvent>({ redis, namespace: NAMESPACE }) };
};

export const fifoGroups: Subject = {
  name: 'groupmq (FIFO groups)',
  processes: 2,
  share: 0.12,
  stateKey: jobState,
  feed: async ({ redisUrl }) => {
    const { redis, queue } = open(redisUrl);
    return {
      append: async (events) => {
        // it has no bulk add; ioredis sends the calls of one turn together and in order
        for (const chunk of chunksOf(events)) {
          await Promise.all(chunk.map((data) => queue.add({ groupId: data.key, data })));
        }
      },
      close: async () => {
        await queue.close();
        redis.disconnect();
      },
    };
  },
  work: async ({ redisUrl, workload, applied }) => {
    const { queue } = open(redisUrl);
    const states = connectRedis(redisUrl, 'worker', () => undefined);
    const worker = new Worker<JobEvent>({
      queue,
      concurrency: CONCURRENCY,
      handler: async ({ data }) => {
        await applyJob(states, workload, data);
        applied(1);
      },
    });
    void worker.run();
  },
};
