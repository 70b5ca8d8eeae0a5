// A batch stage as a job per cut batch: read the batch, ask the handler, settle each record by its verdict.
// Invariants: dead letters are written before the batch is settled, so that no crash between the two loses a record; a
// batch ends settled, its last attempt as well, so that none of its records waits behind a failed job.
import { z } from 'zod';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { DeadLetters } from '../dead-letters.ts';
import { Failure, Interrupted } from '../errors.ts';
import type { RetryPolicy } from '../retry-policy.ts';
import { codeOf } from '../settle.ts';
import { done, skip, type BatchStage, type Outcome, type RecordVerdict, type StageContext } from '../stage.ts';
import type { RunnableStage } from '../stage-worker.ts';
import type { OnStep } from '../steps.ts';
import type { BatchBuffer, BufferedRecord, RecordOutcome } from './buffer.ts';

/** Rounds a single record is given when its batch is accepted but it is not: with its rests between them a minute or so,
 * after which a lock that has not gone needs a person. */
const RECORD_ROUNDS = 8;

export interface BatchMessage {
  readonly batchId: string;
}

export interface BatchStageNeeds<N> {
  readonly buffer: BatchBuffer;
  readonly deadLetters: DeadLetters;
  readonly metrics: Metrics;
  /** Told of every split, and of what is given up. */
  readonly log?: Logger | undefined;
  readonly now: () => number;
  readonly handlerNeeds: N;
  readonly onStep?: OnStep | undefined;
}

export function runnableBatchStage<R, N, M extends BatchMessage>(
  stage: BatchStage<R, N>,
  schema: z.ZodType<M>,
  needs: BatchStageNeeds<N>,
): RunnableStage<M> {
  const { name, retry, timeoutMs, concurrency, lockMs } = stage;
  return {
    name,
    schema,
    retry,
    timeoutMs,
    concurrency,
    lockMs,
    run: async ({ batchId }, context) => {
      const records = await needs.buffer.read(batchId);
      if (records.length === 0) return skip('this batch was settled before');
      await needs.onStep?.('batch.read');
      return sendBatch(stage, needs, batchId, records, context);
    },
  };
}

async function sendBatch<R, N>(
  stage: BatchStage<R, N>,
  needs: BatchStageNeeds<N>,
  batchId: string,
  records: readonly BufferedRecord[],
  context: StageContext,
): Promise<Outcome> {
  needs.metrics.observe('throughline_batch_records', records.length, { stage: stage.name });
  const read = records.map(({ json }) => readRecord(stage.parse, json));
  const readable = read.flatMap((one) => ('record' in one ? [one.record] : []));
  let told: readonly RecordVerdict[];
  try {
    const answering = { ...context, batchId };
    told = readable.length === 0 ? [] : await stage.handleBatch(readable, answering, needs.handlerNeeds);
  } catch (error) {
    if (isPoison(error) && records.length > 1) return splitInTwo(stage.name, needs, batchId, records.length, error);
    const verdict = lastWord(error, stage.retry, context);
    if (verdict === undefined) throw error;
    logGivenUp(stage.name, needs, batchId, records.length, verdict.code);
    told = readable.map(() => verdict);
  }
  await needs.onStep?.('batch.answered');
  const inOrder = told.values();
  const verdicts = read.map((one) => ('verdict' in one ? one.verdict : (inOrder.next().value ?? UNTOLD)));
  await settle(stage.name, needs, batchId, records, verdicts);
  await needs.onStep?.('batch.settled');
  return done();
}

type Rejection = Extract<RecordVerdict, { readonly kind: 'reject' }>;

const UNTOLD: RecordVerdict = { kind: 'retry', code: 'no_answer', message: 'the sink did not answer for it' };

/** One that another build wrote, or somebody by hand, must not hold back those beside it. */
function readRecord<R>(
  parse: (json: string) => R,
  json: string,
): { readonly record: R } | { readonly verdict: Rejection } {
  try {
    return { record: parse(json) };
  } catch (error) {
    const fields = error instanceof z.ZodError ? error.issues.map(({ path }) => path.join('.')).join(', ') : 'it is not JSON'; // prettier-ignore
    const message = `the record does not fit its schema: ${fields}`;
    return { verdict: { kind: 'reject', code: 'record_invalid', message } };
  }
}

const isPoison = (error: unknown): error is Failure => error instanceof Failure && error.kind === 'poison';

/** What ends every record of a batch; undefined while the job comes again, its attempts being those of the whole batch. */
function lastWord(error: unknown, { attempts }: RetryPolicy, context: StageContext): Rejection | undefined {
  if (isPoison(error)) return { kind: 'reject', code: error.code, message: error.message };
  const costsNone = error instanceof Failure && ['throttled', 'interrupted', 'fatal'].includes(error.kind);
  if (costsNone || context.signal.reason instanceof Interrupted || context.attemptsMade + 1 < attempts)
    return undefined;
  const why = error instanceof Failure ? error.message : 'the sink failed in a way nobody foresaw';
  return { kind: 'reject', code: codeOf(error), message: `given up after ${attempts} attempts: ${why}` };
}

/** The halves are batches of their own, each under its own key: what the whole was refused for is not held against them. */
async function splitInTwo<N>(
  stage: string,
  needs: BatchStageNeeds<N>,
  batchId: string,
  size: number,
  { code }: Failure,
): Promise<Outcome> {
  const halves = await needs.buffer.split(batchId, size);
  if (halves === undefined) return skip('this batch was split before');
  const [first, second] = halves;
  const into = `${first.batchId} (${first.records}) and ${second.batchId} (${second.records})`;
  const line = `bisect: ${batchId} (${size} records) was refused whole, ${code}: split into ${into}`;
  needs.log?.info({ stage, code, batchId, size, halves }, line);
  return skip('refused as a whole: split in two');
}

function logGivenUp<N>(stage: string, needs: BatchStageNeeds<N>, batchId: string, size: number, code: string): void {
  const whole = `${batchId} (${size} ${size === 1 ? 'record' : 'records'}) was refused, ${code}`;
  const line = size === 1 ? `bisect: ${whole}: this record goes` : `${whole}: its attempts are spent, its records go`;
  needs.log?.info({ stage, code, batchId, size }, `${line} to the dead letters`);
}

async function settle<N>(
  stage: string,
  needs: BatchStageNeeds<N>,
  batchId: string,
  records: readonly BufferedRecord[],
  verdicts: readonly RecordVerdict[],
): Promise<void> {
  const outcomes: RecordOutcome[] = [];
  for (const [index, record] of records.entries()) {
    const verdict = verdicts[index] ?? UNTOLD;
    if (verdict.kind === 'done') outcomes.push('done');
    else if (verdict.kind === 'retry' && record.attempts + 1 < RECORD_ROUNDS) outcomes.push('retry');
    else {
      await needs.deadLetters.addRecord(stage, batchId, record, verdict.code, verdict.message);
      outcomes.push('dropped');
    }
  }
  if (!(await needs.buffer.settle(batchId, outcomes))) return;
  const now = needs.now();
  for (const [index, outcome] of outcomes.entries()) {
    needs.metrics.count('throughline_batch_records_total', { stage, outcome });
    const receivedAt = records[index]?.receivedAt ?? now;
    if (outcome !== 'done') continue;
    needs.metrics.observe('throughline_event_to_sink_seconds', Math.max(0, now - receivedAt) / 1000, { sink: stage });
  }
}
