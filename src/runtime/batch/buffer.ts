// The batch buffer: records wait in Redis, shared by all replicas, until a batch of them is cut.
// Invariants: a record is waiting, or in one batch, or resting, or settled; a cut batch never changes, so a retry sends the same
// bytes under the same key; while a record is in a batch its newer versions wait blocked, so order per record holds.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Metrics } from '../../observability/metrics.ts';
import { delay, type Clock } from '../clock.ts';
import type { Receiver, RelayedOutput } from '../partition-handler.ts';
import type { OnStep } from '../steps.ts';
import type { RetryPolicy } from '../retry-policy.ts';
import type { BufferKeys } from '../../stores/redis/keys.ts';
import { luaScript } from '../../stores/redis/script.ts';

const script = (name: string) => luaScript(new URL(`./scripts/${name}.lua`, import.meta.url));
const acceptScript = script('accept');
const cutScript = script('cut');
const settleScript = script('settle');
const splitScript = script('split');

/** In place of a partition number, for records that come from no outbox. */
const RESTORED = -1;

const SETTLED_CHECK_MS = 50;

export type FlushTrigger = 'size' | 'bytes' | 'interval' | 'shutdown' | 'split';
export type RecordOutcome = 'done' | 'dropped' | 'retry';

export interface BatchLimits {
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly intervalMs: number;
}

export interface CutBatch {
  readonly batchId: string;
  readonly trigger: FlushTrigger;
  readonly records: number;
}

export interface BufferedRecord {
  readonly recordId: string;
  /** Times it came back from a batch before. */
  readonly attempts: number;
  readonly receivedAt: number;
  readonly json: string;
}

export interface BufferNeeds {
  /** Name of the stage that sends the batches: a metric label. */
  readonly stage: string;
  readonly metrics: Metrics;
  readonly redis: Redis;
  readonly keys: BufferKeys;
  readonly limits: BatchLimits;
  /** How long a record that failed alone rests before it goes back to the front: doubling from one to the other. */
  readonly rest: Pick<RetryPolicy, 'initialMs' | 'maxMs'>;
  /** Reads id and version from an output's payload. */
  readonly identify: (payload: string) => { readonly recordId: string; readonly version: number };
  /** Called for each batch that is cut: adds its job. A crash before it is healed by `announceForgotten`. */
  readonly announce: (batch: CutBatch) => Promise<void>;
  readonly onStep?: OnStep | undefined;
}

export class BatchBuffer implements Receiver {
  private readonly needs: BufferNeeds;

  constructor(needs: BufferNeeds) {
    this.needs = needs;
  }

  async accept(partition: number, outputs: readonly RelayedOutput[]): Promise<void> {
    const { redis, keys, limits, identify } = this.needs;
    const args: (string | number)[] = [partition, outputs.length];
    for (const { number, receivedAt, payload } of outputs) {
      const { recordId, version } = identify(payload);
      args.push(number, recordId, version, receivedAt, payload);
    }
    const reply = await acceptScript.run(
      redis,
      [keys.seen, keys.waiting, keys.records, keys.blocked, keys.inFlight, keys.meta],
      args,
    );
    const [, waiting, bytes] = reply as [number, number, number];
    if (waiting >= limits.maxItems) await this.cutAll('size');
    else if (bytes >= limits.maxBytes) await this.cutAll('bytes');
  }

  /** Puts one record back by hand (a replayed dead letter); a newer version that waits wins. */
  async restore(json: string, receivedAt: number): Promise<void> {
    await this.accept(RESTORED, [{ number: 0, receivedAt, payload: json }]);
  }

  /** Cuts and announces batches until the trigger's condition no longer holds. */
  async cutAll(trigger: FlushTrigger): Promise<number> {
    const { redis, keys, limits, announce, metrics, stage, onStep } = this.needs;
    for (let batches = 0; ; batches += 1) {
      const batchId = newBatchId();
      const records = (await cutScript.run(
        redis,
        [
          keys.waiting,
          keys.records,
          keys.blocked,
          keys.inFlight,
          keys.resting,
          keys.cut,
          keys.meta,
          keys.batch(batchId),
        ],
        [batchId, trigger, limits.maxItems, limits.maxBytes, limits.intervalMs],
      )) as number;
      if (records === 0) return batches;
      metrics.count('throughline_batch_flushes_total', { stage, trigger });
      await onStep?.('batch.cut');
      await announce({ batchId, trigger, records });
      await onStep?.('batch.announced');
    }
  }

  /** The batch's records in order; empty when it was settled or split before. */
  async read(batchId: string): Promise<BufferedRecord[]> {
    const held = await this.needs.redis.lrange(this.needs.keys.batch(batchId), 0, -1);
    const records: BufferedRecord[] = [];
    for (let i = 0; i + 1 < held.length; i += 2) records.push(parseRecord(held[i] ?? '', held[i + 1] ?? ''));
    return records;
  }

  /** One outcome a record, in batch order. False when it was settled before. */
  async settle(batchId: string, outcomes: readonly RecordOutcome[]): Promise<boolean> {
    const { redis, keys, rest } = this.needs;
    const reply = await settleScript.run(
      redis,
      [keys.waiting, keys.records, keys.blocked, keys.inFlight, keys.resting, keys.cut, keys.meta, keys.batch(batchId)],
      [batchId, rest.initialMs, rest.maxMs, ...outcomes],
    );
    return reply === 1;
  }

  /** Two batches in place of one that was refused as a whole; undefined when it is gone or was split before. */
  async split(batchId: string, records: number): Promise<readonly [CutBatch, CutBatch] | undefined> {
    const { redis, keys, announce, metrics, stage } = this.needs;
    const half = Math.floor(records / 2);
    const first: CutBatch = { batchId: newBatchId(), trigger: 'split', records: half };
    const second: CutBatch = { batchId: newBatchId(), trigger: 'split', records: records - half };
    const done = await splitScript.run(
      redis,
      [keys.inFlight, keys.cut, keys.batch(batchId), keys.batch(first.batchId), keys.batch(second.batchId)],
      [batchId, first.batchId, second.batchId, half],
    );
    if (done !== 1) return undefined;
    metrics.count('throughline_batch_flushes_total', { stage, trigger: 'split' }, 2);
    await announce(first);
    await announce(second);
    return [first, second];
  }

  /** Resolves when every batch cut by now is settled, or after `ms`: under load others are cut all the while. */
  async untilSettled(ms: number, clock: Clock): Promise<void> {
    const { redis, keys } = this.needs;
    const deadline = clock.now() + ms;
    let left = await redis.zrange(keys.cut, 0, -1);
    while (left.length > 0 && clock.now() < deadline) {
      await delay(clock, SETTLED_CHECK_MS);
      const found = await redis.zmscore(keys.cut, ...left);
      left = left.filter((_batchId, at) => found[at] !== null);
    }
  }

  /** Announces again batches cut more than `olderThanMs` ago and not settled: a job that exists is not added twice. */
  async announceForgotten(olderThanMs: number): Promise<void> {
    const { redis, keys, announce } = this.needs;
    const now = Number((await redis.time())[0]) * 1000;
    const forgotten = await redis.zrangebyscore(keys.cut, '-inf', now - olderThanMs, 'LIMIT', 0, 100);
    for (const batchId of forgotten) {
      const records = (await redis.llen(keys.batch(batchId))) / 2;
      if (records > 0) await announce({ batchId, trigger: 'interval', records });
      // to the back of the line, or a hundred slow batches would hide a forgotten one behind them
      await redis.zadd(keys.cut, 'XX', now, batchId);
    }
  }
}

/** Not all digits and without `:`, as a BullMQ job id must be; also the idempotency key. */
const newBatchId = (): string => `batch-${randomUUID()}`;

function parseRecord(recordId: string, value: string): BufferedRecord {
  const [, , attempts = '0', receivedAt = '0'] = value.split(' ', 4);
  const json = value.slice(value.indexOf('{'));
  return { recordId, attempts: Number(attempts), receivedAt: Number(receivedAt), json };
}
