// The worker that owns partitions: takes drain jobs, sweeps, lets go of everything on stop.
// Invariant: at most one drain of a partition runs in this process; the job only says "look", the log says what to do.
import { setMaxListeners } from 'node:events';
import { Worker, type Job } from 'bullmq';
import type { RedisConnectionOptions } from '../stores/redis/connect.ts';
import type { Keys } from '../stores/redis/keys.ts';
import { drainPartition, type DrainNeeds } from './drain.ts';
import { relayFor, type Receivers, type Relay } from './relay.ts';

export interface PartitionWorkerNeeds<E, S> extends Omit<DrainNeeds<E, S>, 'keys' | 'partition' | 'relay'> {
  readonly queueName: string;
  readonly connection: RedisConnectionOptions;
  readonly keys: Keys;
  readonly partitions: number;
  readonly receivers: Receivers;
}

export interface PartitionWorker {
  readonly ready: Promise<void>;
  /** Stops taking, hands partitions back between two batches, resolves when none is held. */
  stop(): Promise<void>;
}

export function startPartitionWorker<E, S>(needs: PartitionWorkerNeeds<E, S>): PartitionWorker {
  const stopping = new AbortController();
  // every partition that lingers listens for the stop
  setMaxListeners(0, stopping.signal);
  const draining = new Set<number>();
  const relays = relaysFor(needs);
  const process = async (job: Job<{ partition: number }>): Promise<string> => {
    const { partition } = job.data;
    // a takeover job for a partition that this very process holds: the holder is alive, and will see its events
    if (draining.has(partition)) return 'held here';
    draining.add(partition);
    try {
      const own = { ...needs, partition, keys: needs.keys.partition(partition), relay: relays(partition) };
      return await drainPartition(own, stopping.signal);
    } finally {
      draining.delete(partition);
    }
  };
  const worker = new Worker(needs.queueName, process, {
    connection: needs.connection,
    prefix: needs.keys.bull(needs.queueName),
    // one process must be able to hold every partition, or a lone worker would leave some waiting for its linger
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
  return {
    ready: worker.waitUntilReady().then(() => undefined),
    stop: async () => {
      // closing first: a partition handed back must not be taken again by this very worker
      const closed = worker.close();
      stopping.abort();
      await closed;
    },
  };
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
