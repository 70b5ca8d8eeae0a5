// Fair share: each of n workers holds about a n-th of the partitions, or whoever fetched first would keep them all while
// the others idle. Invariant: it only says who had better hold what; with every worker's word wrong, ownership (claim and
// commit) stays right, so it may go by the server's clock.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Keys } from '../stores/redis/keys.ts';
import { luaScript } from '../stores/redis/script.ts';

const attendScript = luaScript(new URL('./scripts/attend.lua', import.meta.url));

/** Four looks of a sweep at its default pace. */
const SILENT_MS = 3000;
/** After a partition was found forsaken its owner may be dead and still count: until it no longer does, all is taken. */
const LOOKS_WITHOUT_LIMIT = 5;

/** The partitions that this process drains now, and how many of them it may keep. */
export class Holding {
  private readonly held = new Set<number>();
  private readonly leaving = new Set<number>();
  private stirred = false;
  private most: number;

  constructor(most: number) {
    this.most = most;
  }

  /** False when it is held already. */
  take(partition: number): boolean {
    if (this.held.has(partition)) return false;
    this.held.add(partition);
    return true;
  }

  letGo(partition: number): void {
    this.held.delete(partition);
    this.leaving.delete(partition);
  }

  allow(most: number): void {
    // the queue's worker sees that it may take more only when a job of its own ends: one drain makes way for that
    if (most > this.most && this.held.size >= this.most) this.stirred = true;
    this.most = most;
  }

  /** True when `partition` is one too many; its drain ends now. */
  mustHandOn(partition: number): boolean {
    if (!this.stirred && this.held.size - this.leaving.size <= this.most) return false;
    this.stirred = false;
    this.leaving.add(partition);
    return true;
  }
}

export interface FairShare {
  /** Says "I am here" and answers with how many partitions to hold at most. */
  attend(forsaken: number): Promise<number>;
  leave(): Promise<void>;
}

export function fairShareFor(redis: Redis, keys: Keys, partitions: number): FairShare {
  const id = randomUUID();
  let withoutLimit = 0;
  return {
    attend: async (forsaken) => {
      const workers = (await attendScript.run(redis, [keys.workers], [id, SILENT_MS])) as number;
      withoutLimit = forsaken > 0 ? LOOKS_WITHOUT_LIMIT : Math.max(0, withoutLimit - 1);
      return withoutLimit > 0 ? partitions : Math.ceil(partitions / workers);
    },
    leave: async () => {
      await redis.zrem(keys.workers, id);
    },
  };
}
