// Fair share: each of n workers holds about a n-th of the partitions, or whoever fetched first would keep them all while
// the others idle. Invariant: it only says who had better hold what; with every worker's word wrong, ownership (claim and
// commit) stays right, so it may go by the server's clock.
import type { Attendance } from './attendance.ts';

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

/** Says "I am here" and answers with how many partitions to hold at most. */
export function fairShareOf(attendance: Attendance, partitions: number): (forsaken: number) => Promise<number> {
  let withoutLimit = 0;
  return async (forsaken) => {
    const workers = await attendance.attend();
    withoutLimit = forsaken > 0 ? LOOKS_WITHOUT_LIMIT : Math.max(0, withoutLimit - 1);
    return withoutLimit > 0 ? partitions : Math.ceil(partitions / workers);
  };
}
