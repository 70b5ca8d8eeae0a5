// When a run is over: nothing waits anywhere on the path. Invariant: looks at the data, never at what processes say.
import { setTimeout as pause } from 'node:timers/promises';
import { deadlineKeys } from './promises.ts';
import type { World } from './world.ts';

export interface Waiting {
  readonly logEntries: number;
  readonly outputs: number;
  /** In the CRM buffer: waiting, blocked, or in a batch that is not settled. */
  readonly records: number;
  readonly batches: number;
  /** Of promises, not yet told to their conversations. */
  readonly deadlines: number;
}

const LOOK_EVERY_MS = 50;
const NO_ANSWER: Waiting = { logEntries: -1, outputs: -1, records: -1, batches: -1, deadlines: -1 };

export async function whatWaits({ redis, keys, partitions }: World): Promise<Waiting> {
  const pipeline = redis.pipeline();
  for (let partition = 0; partition < partitions; partition += 1) {
    const { log, outbox } = keys.partition(partition);
    pipeline.xlen(log).xlen(outbox);
  }
  const { waiting, blocked, inFlight, cut } = keys.buffer('crm');
  pipeline.llen(waiting).hlen(blocked).hlen(inFlight).zcard(cut);
  const { delayed, wait, active } = deadlineKeys(keys);
  pipeline.zcard(delayed).llen(wait).llen(active);
  const replies = (await pipeline.exec()) ?? [];
  const failed = replies.find(([error]) => error !== null)?.[0];
  if (failed) throw failed;
  const numbers = replies.map(([, count]) => Number(count));
  const ofPartitions = numbers.slice(0, 2 * partitions);
  const [waits = 0, blocks = 0, flies = 0, batches = 0, ...deadlines] = numbers.slice(2 * partitions);
  return {
    logEntries: sum(ofPartitions.filter((_, i) => i % 2 === 0)),
    outputs: sum(ofPartitions.filter((_, i) => i % 2 === 1)),
    records: waits + blocks + flies,
    batches,
    deadlines: sum(deadlines),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** Undefined once nothing waits; after `ms`, what still did. A Redis that does not answer is not quiet. */
export async function untilQuiet(world: World, ms: number): Promise<Waiting | undefined> {
  const deadline = performance.now() + ms;
  for (;;) {
    const waiting = await whatWaits(world).catch(() => undefined);
    if (waiting !== undefined && Object.values(waiting).every((count) => count === 0)) return undefined;
    if (performance.now() > deadline) return waiting ?? NO_ANSWER;
    await pause(LOOK_EVERY_MS);
  }
}
