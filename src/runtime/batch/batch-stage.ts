// A batch stage as a job per cut batch: read the batch, ask the handler, settle each record by its verdict.
// Invariant: dead letters are written before the batch is settled, so that no crash between the two loses a record.
import type { z } from 'zod';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { DeadLetters } from '../dead-letters.ts';
import { Failure } from '../errors.ts';
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
  /** Told of every split. */
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
  const { name, retry, timeoutMs, concurrency } = stage;
  return {
    name,
    schema,
    retry,
    timeoutMs,
    concurrency,
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
  const parsed = records.map(({ json }) => stage.parse(json));
  let verdicts: readonly RecordVerdict[];
  try {
    verdicts = await stage.handleBatch(parsed, { ...context, batchId }, needs.handlerNeeds);
  } catch (error) {
    if (!(error instanceof Failure && error.kind === 'poison')) throw error;
    if (records.length > 1) return splitInTwo(stage.name, needs, batchId, records.length, error);
    logAlone(stage.name, needs, batchId, error);
    verdicts = [{ kind: 'reject', code: error.code, message: error.message }];
  }
  await needs.onStep?.('batch.answered');
  await settle(stage.name, needs, batchId, records, verdicts);
  await needs.onStep?.('batch.settled');
  return done();
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

function logAlone<N>(stage: string, needs: BatchStageNeeds<N>, batchId: string, { code }: Failure): void {
  const line = `bisect: ${batchId} (1 record) was refused, ${code}: this record goes to the dead letters`;
  needs.log?.info({ stage, code, batchId, size: 1 }, line);
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
    const verdict = verdicts[index] ?? { kind: 'retry', code: 'no_answer', message: 'the sink did not answer for it' };
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
