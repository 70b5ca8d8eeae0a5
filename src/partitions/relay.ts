// Relay: committed outputs leave a partition's outbox for their receivers, in order. Invariant: an output is trimmed
// only after its receiver has accepted it, and a receiver ignores numbers it has already seen from that partition, so a
// relay repeated after a crash, or by two owners at once, delivers nothing twice.
import type { Redis } from 'ioredis';
import type { Metrics } from '../observability/metrics.ts';
import type { Receiver, RelayedOutput } from '../runtime/partition-handler.ts';
import type { OnStep } from '../runtime/steps.ts';
import type { PartitionKeys } from '../stores/redis/keys.ts';

export type Receivers = Readonly<Record<string, Receiver>>;

const RELAY_CHUNK = 500;
/** Outputs of the commits of this long travel together; a relay that rests starts at once, and on demand. */
const REST_MS = 50;

interface RelayNeeds {
  readonly redis: Redis;
  readonly keys: PartitionKeys;
  readonly partition: number;
  readonly receivers: Receivers;
  readonly metrics: Metrics;
  readonly onStep?: OnStep | undefined;
}

export interface Relay {
  /** Starts relaying what is in the outbox, unless it already runs (it then looks once more). */
  kick(): void;
  /** Resolves when all that was there is relayed, without a rest; rejects with the failure of the last run, if any. */
  settled(): Promise<void>;
}

export function relayFor(needs: RelayNeeds): Relay {
  let running: Promise<void> | undefined;
  let again = false;
  let failure: unknown;
  const rest = restFor(REST_MS);
  const run = async (): Promise<void> => {
    do {
      again = false;
      await drainOutbox(needs);
      await rest.take();
    } while (again);
  };
  return {
    kick: () => {
      again = true;
      if (running !== undefined) return;
      failure = undefined;
      running = run()
        .catch((error: unknown) => {
          failure = error;
        })
        .finally(() => {
          running = undefined;
        });
    },
    settled: async () => {
      await rest.without(running);
      if (failure !== undefined) throw failure;
    },
  };
}

/** A pause between runs that nobody who waits has to wait for. */
function restFor(ms: number) {
  let waiting = 0;
  let cutShort = (): void => undefined;
  return {
    take: async (): Promise<void> => {
      if (waiting > 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        cutShort = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    /** Resolves with `running`, which takes no rest until then. */
    without: async (running: Promise<void> | undefined): Promise<void> => {
      waiting += 1;
      cutShort();
      await running;
      waiting -= 1;
    },
  };
}

async function drainOutbox({ redis, keys, partition, receivers, metrics, onStep }: RelayNeeds): Promise<void> {
  for (;;) {
    const entries = await redis.xrange(keys.outbox, '-', '+', 'COUNT', RELAY_CHUNK);
    const last = entries.at(-1);
    if (last === undefined) return;
    for (const [sink, outputs] of groupBySink(entries)) {
      const receiver = receivers[sink];
      if (receiver === undefined) throw new Error(`no receiver is declared for outputs to "${sink}"`);
      await receiver.accept(partition, outputs);
      metrics.count('throughline_partition_relayed_total', { sink }, outputs.length);
    }
    await onStep?.('relay.accepted');
    await redis.xtrim(keys.outbox, 'MINID', `${outputNumber(last[0]) + 1}-0`);
    await onStep?.('relay.trimmed');
    if (entries.length < RELAY_CHUNK) return;
  }
}

const outputNumber = (entryId: string): number => Number(entryId.slice(0, entryId.indexOf('-')));

/** Fields are written by commit.lua: s sink, t received at, d payload. */
function groupBySink(entries: readonly [string, string[]][]): Map<string, RelayedOutput[]> {
  const groups = new Map<string, RelayedOutput[]>();
  for (const [id, [, sink = '', , receivedAt = '0', , payload = '']] of entries) {
    const group = groups.get(sink) ?? [];
    groups.set(sink, group);
    group.push({ number: outputNumber(id), receivedAt: Number(receivedAt), payload });
  }
  return groups;
}
