// The worker that owns partitions: takes drain jobs, sweeps, lets go of everything on stop.
// Invariant: at most one drain of a partition runs in this process; the job only says "look", the log says what to do.
import { setMaxListeners } from 'node:events';
import { Worker, type Job } from 'bullmq';
import type { RedisConnectionOptions } from '../stores/redis/connect.ts';
import type { Keys } from '../stores/redis/keys.ts';
import { attendanceOf } from './attendance.ts';
import { drainPartition, type DrainNeeds } from './drain.ts';
import { fairShareOf, Holding } from './fair-share.ts';
import { relayFor, type Receivers, type Relay } from './relay.ts';

export interface PartitionWorkerNeeds<E, S> extends Omit<
  DrainNeeds<E, S>,
  'keys' | 'partition' | 'relay' | 'mustHandOn' | 'attendance'
> {
  readonly queueName: string;
  readonly connection: RedisConnectionOptions;
  readonly keys: Keys;
  readonly partitions: number;
  readonly receivers: Receivers;
}

export interface PartitionWorker {
  readonly ready: Promise<void>;
  /** Called at every sweep, with how many partitions it found forsaken: takes no more than a fair share from then on. */
  share(forsaken: number): Promise<void>;
  /** Stops taking, hands partitions back between two batches, resolves when none is held. */
  stop(): Promise<void>;
}

export function startPartitionWorker<E, S>(needs: PartitionWorkerNeeds<E, S>): PartitionWorker {
  const stopping = new AbortController();
  // every partition that lingers listens for the stop
  setMaxListeners(0, stopping.signal);
  const holding = new Holding(needs.partitions);
  const attendance = attendanceOf(needs.redis, needs.keys, needs.clock);
  const fairShare = fairShareOf(attendance, needs.partitions);
  const relays = relaysFor(needs);
  const process = async (job: Job<{ partition: number }>): Promise<string> => {
    const { partition } = job.data;
    // a takeover job for a partition that this very process holds: the holder is alive, and will see its events
    if (!holding.take(partition)) return 'held here';
    const mustHandOn = (): boolean => holding.mustHandOn(partition);
    try {
      const keys = needs.keys.partition(partition);
      const own = { ...needs, partition, keys, relay: relays(partition), mustHandOn, attendance };
      return await drainPartition(own, stopping.signal);
    } finally {
      holding.letGo(partition);
    }
  };
  const worker = takeJobs(needs, process);
  return {
    ready: worker.waitUntilReady().then(() => undefined),
    share: async (forsaken) => {
      const most = await fairShare(forsaken);
      worker.concurrency = most;
      holding.allow(most);
    },
    stop: async () => {
      // closing first: a partition handed back must not be taken again by this very worker
      const closed = worker.close();
      stopping.abort();
      await attendance.leave().catch(() => undefined);
      await closed;
    },
  };
}

function takeJobs<E, S>(
  needs: PartitionWorkerNeeds<E, S>,
  process: (job: Job<{ partition: number }>) => Promise<string>,
): Worker<{ partition: number }, string> {
  const worker = new Worker<{ partition: number }, string>(needs.queueName, process, {
    connection: needs.connection,
    prefix: needs.keys.bull(needs.queueName),
    // until the others are counted: a lone worker must be able to hold every partition
    concurrency: needs.partitions,
    lockDuration: 30_000,
  });
  worker.on('error', (error) => needs.log.error({ err: error, queue: needs.queueName }, 'queue connection failed'));
  worker.on('failed', (job, error) => {
    needs.log.error(
      { err: error, partition: job?.data.partition },
      'drain failed; the log is intact, the sweep retries',
    );
  });
  return worker;
}

/** One relay per partition and process, so that two drains in a row never relay side by side. */
function relaysFor<E, S>(needs: PartitionWorkerNeeds<E, S>): (partition: number) => Relay {
  const { redis, receivers, metrics, onStep } = needs;
  const made = new Map<number, Relay>();
  return (partition) => {
    const relay =
      made.get(partition) ??
      relayFor({ redis, partition, receivers, metrics, onStep, keys: needs.keys.partition(partition) });
    made.set(partition, relay);
    return relay;
  };
}
