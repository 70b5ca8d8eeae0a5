// Receives outputs of commits as jobs of a queue. Invariant: an output becomes one job: its number is remembered after
// the jobs are added, and for the moment between the two the job's own id stands in.
import type { BulkJobOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { luaScript } from '../stores/redis/script.ts';
import type { Receiver, RelayedOutput } from './partition-handler.ts';

export interface ReceivedJob {
  readonly name: string;
  readonly data: object;
  readonly opts: BulkJobOptions & { readonly jobId: string };
}

export interface QueueReceiverNeeds {
  readonly redis: Redis;
  /** Hash: the last output taken of each partition. */
  readonly seen: string;
  readonly queue: Queue;
  readonly jobOf: (output: RelayedOutput) => ReceivedJob;
}

const raiseScript = luaScript(new URL('./scripts/raise.lua', import.meta.url));

export function queueReceiver({ redis, seen, queue, jobOf }: QueueReceiverNeeds): Receiver {
  return {
    accept: async (partition, outputs) => {
      const last = Number((await redis.hget(seen, String(partition))) ?? 0);
      const fresh = outputs.filter(({ number }) => number > last);
      const newest = fresh.at(-1);
      if (newest === undefined) return;
      await queue.addBulk(fresh.map(jobOf));
      await raiseScript.run(redis, [seen], [partition, newest.number]);
    },
  };
}
