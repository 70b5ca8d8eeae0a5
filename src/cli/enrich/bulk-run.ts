// Enriches a list of conversations, so many at a time, and gathers from the audit what came of each. Invariants: what is
// known to have come of one is never asked for again, in this run or one that goes on from it; one of which nothing is
// heard in time is said to have failed.
import { delay, type Clock } from '../../runtime/clock.ts';

export interface Settled {
  readonly success: boolean;
  readonly outcome: string;
  readonly latencyMs: number;
}

export interface BulkHost {
  /** Asks for these; again is harmless. */
  readonly ask: (conversationIds: readonly string[]) => Promise<void>;
  /** What came of these since then, of those of which it is known. */
  readonly settled: (waiting: ReadonlySet<string>, since: number) => Promise<ReadonlyMap<string, Settled>>;
}

export interface BulkOptions {
  readonly ids: readonly string[];
  /** What an earlier run has come to; grows. */
  readonly done: Map<string, Settled>;
  readonly concurrency: number;
  readonly patienceMs: number;
  readonly host: BulkHost;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
  readonly onProgress: (waiting: number) => void;
}

/** The audit is asked four times a second at most, however many are under way. */
const LOOK_MS = 250;
export const NO_ANSWER = 'no_answer';

/** Resolves when all is done, or at once when asked to stop. */
export async function enrichAll(options: BulkOptions): Promise<void> {
  const { ids, done, host, clock, stopping, onProgress } = options;
  const left = ids.filter((id) => !done.has(id)).values();
  /** When each was asked for. */
  const waiting = new Map<string, number>();
  while (!stopping.aborted) {
    const fresh = take(left, options.concurrency - waiting.size);
    if (fresh.length > 0) await host.ask(fresh);
    for (const id of fresh) waiting.set(id, clock.now());
    if (waiting.size === 0) return;
    await gather(options, waiting, await host.settled(new Set(waiting.keys()), Math.min(...waiting.values())));
    onProgress(waiting.size);
    if (waiting.size > 0) await delay(clock, LOOK_MS, stopping);
  }
}

function take(left: IterableIterator<string>, count: number): readonly string[] {
  const taken: string[] = [];
  while (taken.length < count) {
    const next = left.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

async function gather(
  { done, clock, patienceMs }: BulkOptions,
  waiting: Map<string, number>,
  settled: ReadonlyMap<string, Settled>,
): Promise<void> {
  for (const [id, askedAt] of waiting) {
    const waited = clock.now() - askedAt;
    const came =
      settled.get(id) ?? (waited > patienceMs ? { success: false, outcome: NO_ANSWER, latencyMs: waited } : undefined);
    if (came === undefined) continue;
    waiting.delete(id);
    done.set(id, came);
  }
}

export interface BulkSummary {
  readonly conversations: number;
  readonly done: number;
  readonly succeeded: number;
  readonly successRate: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  readonly outcomes: Readonly<Record<string, number>>;
}

export function summaryOf(ids: readonly string[], done: ReadonlyMap<string, Settled>): BulkSummary {
  const all = ids.flatMap((id) => done.get(id) ?? []);
  const succeeded = all.filter(({ success }) => success);
  const times = succeeded.map(({ latencyMs }) => latencyMs).toSorted((one, other) => one - other);
  const at = (share: number): number => times[Math.max(0, Math.ceil(times.length * share) - 1)] ?? 0;
  const outcomes: Record<string, number> = {};
  for (const { outcome } of all) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  return {
    conversations: ids.length,
    done: all.length,
    succeeded: succeeded.length,
    successRate: all.length === 0 ? 0 : succeeded.length / all.length,
    latencyMs: times.length === 0 ? null : { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    outcomes,
  };
}
