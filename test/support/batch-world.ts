// The batch path on real Redis without BullMQ: the buffer, its stage and a plain list of jobs, so that a test decides
// when a job runs, what it is answered and at which step its process dies. Invariant: like the real queue, a job that
// did not end well is kept and runs again.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { pino, type Logger } from 'pino';
import { inject } from 'vitest';
import { z } from 'zod';
import { createMetrics } from '../../src/observability/metrics.ts';
import { runnableBatchStage } from '../../src/runtime/batch/batch-stage.ts';
import { BatchBuffer, type BatchLimits, type BufferedRecord } from '../../src/runtime/batch/buffer.ts';
import type { BatchStage, RecordVerdict, StageContext } from '../../src/runtime/stage.ts';
import type { Step } from '../../src/runtime/steps.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { keysFor, type BufferKeys } from '../../src/stores/redis/keys.ts';

export const versionedSchema = z.object({ recordId: z.string(), version: z.number(), pad: z.string().optional() });
export type Versioned = z.infer<typeof versionedSchema>;

export class Death extends Error {}

export type Send = (records: readonly Versioned[], key: string) => Promise<readonly RecordVerdict[]>;

export interface Letter {
  readonly batchId: string;
  readonly record: BufferedRecord;
  readonly code: string;
  readonly message: string;
}

export interface BatchWorld {
  readonly buffer: BatchBuffer;
  readonly redis: Redis;
  readonly keys: BufferKeys;
  /** Names of the batches whose job is not done. */
  readonly jobs: Set<string>;
  readonly deadLetters: Letter[];
  readonly lines: string[];
  /** The process dies at the next of these steps. */
  dieAt: Step | undefined;
  /** The process dies before the next batch it cut has a job. */
  loseAnnouncement: boolean;
  accept(...records: Versioned[]): Promise<void>;
  run(batchId: string, context?: Partial<StageContext>): Promise<'ended' | 'kept'>;
  close(): Promise<void>;
}

export interface BatchWorldOptions {
  readonly limits: BatchLimits;
  readonly send: Send;
  readonly now?: () => number;
}

export function batchWorld({ limits, send, now = Date.now }: BatchWorldOptions): BatchWorld {
  const redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
  const keys = keysFor(`t-${randomUUID().slice(0, 8)}`).buffer('test');
  const jobs = new Set<string>();
  const deadLetters: Letter[] = [];
  const lines: string[] = [];
  const mortal = { dieAt: undefined as Step | undefined, loseAnnouncement: false };
  const onStep = (step: Step): void => {
    if (mortal.dieAt !== step) return;
    mortal.dieAt = undefined;
    throw new Death(step);
  };
  const metrics = createMetrics();
  const identify = (payload: string): Versioned => JSON.parse(payload) as Versioned;
  const announce = async ({ batchId }: { readonly batchId: string }): Promise<void> => {
    if (mortal.loseAnnouncement) {
      mortal.loseAnnouncement = false;
      throw new Death('announce');
    }
    jobs.add(batchId);
  };
  const buffer = new BatchBuffer({
    redis,
    keys,
    stage: 'test',
    metrics,
    limits,
    rest: { initialMs: 1, maxMs: 2 },
    identify,
    announce,
    onStep,
  });
  const stage = runnableBatchStage(stageOf(limits), z.object({ batchId: z.string() }), {
    buffer,
    metrics,
    now,
    onStep,
    log: logTo(lines),
    handlerNeeds: { send },
    deadLetters: {
      addEvents: () => Promise.resolve(),
      addOversize: () => Promise.resolve(),
      addRecord: (_stage, batchId, record, code, message) =>
        Promise.resolve(keepOnce(deadLetters, batchId, { record, code, message })),
    },
  });
  let number = 0;
  const signal = new AbortController().signal;
  return Object.assign(mortal, {
    buffer,
    redis,
    keys,
    jobs,
    deadLetters,
    lines,
    accept: (...records: Versioned[]) =>
      buffer.accept(0, records.map((record) => ({ number: (number += 1), receivedAt: now(), payload: JSON.stringify(record) }))), // prettier-ignore
    run: async (batchId: string, context: Partial<StageContext> = {}): Promise<'ended' | 'kept'> => {
      try {
        await stage.run({ batchId }, { signal, attemptsMade: 0, begunBefore: false, ...context });
        jobs.delete(batchId);
        return 'ended';
      } catch {
        return 'kept';
      }
    },
    close: async () => {
      const left = await redis.keys(`${keys.meta.slice(0, -'meta'.length)}*`);
      if (left.length > 0) await redis.del(...left);
      redis.disconnect();
    },
  });
}

const stageOf = (batch: BatchLimits): BatchStage<Versioned, { readonly send: Send }> => ({
  kind: 'batch',
  name: 'test',
  does: 'Does as the test says.',
  from: 'test',
  to: { crm: 'nowhere' },
  retry: { attempts: 3, initialMs: 1, maxMs: 1 },
  timeoutMs: 1000,
  concurrency: 1,
  batch,
  parse: (json) => versionedSchema.parse(JSON.parse(json)),
  identify: (payload) => JSON.parse(payload) as Versioned,
  handleBatch: (records, { batchId }, needs) => needs.send(records, batchId),
});

/** As the queue of dead letters: one letter a batch and record. */
function keepOnce(letters: Letter[], batchId: string, letter: Omit<Letter, 'batchId'>): void {
  const isSame = (known: Letter): boolean =>
    known.batchId === batchId && known.record.recordId === letter.record.recordId;
  if (!letters.some(isSame)) letters.push({ batchId, ...letter });
}

const logTo = (lines: string[]): Logger =>
  pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
