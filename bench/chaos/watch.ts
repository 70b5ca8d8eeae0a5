// How long partitions wait: looked at every 20 ms from outside. Invariant: a wait runs from the first look that saw
// events in a log to the first that saw its partition commit (or the log empty); nobody inside is asked.
import { setTimeout as pause } from 'node:timers/promises';
import type { World } from './world.ts';

export interface Wait {
  readonly partition: number;
  /** `performance.now()` of both ends. */
  readonly from: number;
  readonly to: number;
}

export interface Watch {
  /** Ended waits of a tenth of a second and more. */
  readonly waits: readonly Wait[];
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 20;
const WORTH_KEEPING_MS = 100;

export function watchPartitions(world: World): Watch {
  const waits: Wait[] = [];
  const since = new Map<number, { readonly from: number; readonly commit: string }>();
  const stopping = new AbortController();
  const note = (partition: number, waiting: boolean, commit: string, now: number): void => {
    const before = since.get(partition);
    const over = before !== undefined && (!waiting || before.commit !== commit);
    if (over && now - before.from >= WORTH_KEEPING_MS) waits.push({ partition, from: before.from, to: now });
    if (!waiting) since.delete(partition);
    else if (before === undefined || over) since.set(partition, { from: now, commit });
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      // while Redis is away nothing is seen, and every wait goes on
      const looks = await look(world).catch(() => []);
      const now = performance.now();
      for (const [partition, { waiting, commit }] of looks.entries()) note(partition, waiting, commit, now);
      await pause(LOOK_EVERY_MS);
    }
  };
  const running = run();
  return {
    waits,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function look({ redis, keys, partitions }: World): Promise<{ waiting: boolean; commit: string }[]> {
  const pipeline = redis.pipeline();
  for (let partition = 0; partition < partitions; partition += 1) {
    const { log, meta } = keys.partition(partition);
    pipeline.xlen(log).hget(meta, 'cur');
  }
  const replies = (await pipeline.exec()) ?? [];
  if (replies.some(([error]) => error !== null)) return [];
  return Array.from({ length: partitions }, (_, partition) => ({
    waiting: Number(replies[2 * partition]?.[1] ?? 0) > 0,
    commit: (replies[2 * partition + 1]?.[1] ?? '') as string,
  }));
}

/** A wait belongs to a fault when it ran at that moment or began within this long after it. */
const AFTERMATH_MS = 1000;

/** How long the longest wait that belongs to a fault at `at` lasted from then on; 0 when nobody waited. */
export function recoveryMs(waits: readonly Wait[], at: number): number {
  const own = waits.filter(({ from, to }) => from <= at + AFTERMATH_MS && to >= at);
  return Math.max(0, ...own.map(({ from, to }) => to - Math.max(from, at)));
}
