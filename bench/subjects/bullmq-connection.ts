// BullMQ queues and workers of the compared subjects: finished jobs are removed at once, as everyone who cares for speed
// sets it; otherwise BullMQ's defaults.
import { Queue, Worker, type Job } from 'bullmq';
import { redisOptions } from '../../src/stores/redis/connect.ts';

export interface Closable {
  close(): Promise<unknown>;
}

export function jobQueue(redisUrl: string, name: string): Queue {
  const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
  return new Queue(name, { connection: redisOptions(redisUrl, 'worker'), defaultJobOptions });
}

export async function jobWorker(
  redisUrl: string,
  name: string,
  concurrency: number,
  handle: (data: unknown) => Promise<void>,
): Promise<Worker> {
  const worker = new Worker(name, (job: Job<unknown>) => handle(job.data), {
    connection: redisOptions(redisUrl, 'worker'),
    concurrency,
  });
  worker.on('error', (error) => process.stderr.write(`${name}: ${error.message}\n`));
  await worker.waitUntilReady();
  return worker;
}

/** Best of 10, 20, 50 and 100 on two cores. */
export const CONCURRENCY = 50;

export const closeAll = (parts: readonly Closable[]) => async (): Promise<void> => {
  await Promise.all(parts.map((part) => part.close()));
};
