// Runs a declared stage on its queue: validates, times, retries, settles and measures each job the same way.
// Invariant: a handler never sees a job, a queue or an unvalidated payload.
import { Worker, type Job, type Queue } from 'bullmq';
import type { z } from 'zod';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RedisConnectionOptions } from '../stores/redis/connect.ts';
import type { Keys } from '../stores/redis/keys.ts';
import { Interrupted, Poison, Retryable } from './errors.ts';
import { backoffMs, type RetryPolicy } from './retry-policy.ts';
import { classify, isSignal, settleFailure, settleOutcome } from './settle.ts';
import type { Outcome, StageContext } from './stage.ts';
import { troublesOf, type Troubles } from './troubles.ts';

/** A process that is busy for half of it loses none of its jobs. */
const LOCK_MS = 10_000;
/** What is under way at a stop gets this long before it is handed back: what is sent only once is doubled nowhere. */
const FINISH_MS = 2000;

/** Jobs a second: none does so many. A queue that was told to wait counts as having done more. */
export const NO_LIMIT = 1_000_000;

export interface StageWorkerNeeds {
  readonly queue: Queue;
  readonly connection: RedisConnectionOptions;
  readonly keys: Keys;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly onFatal: (error: unknown) => void;
}

/** A stage as the worker sees it: any kind, reduced to one job in, one outcome out. */
export interface RunnableStage<M> {
  readonly name: string;
  readonly schema: z.ZodType<M>;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly lockMs?: number | undefined;
  run(message: M, context: StageContext): Promise<Outcome>;
  /** Before it is failed for having cost too many processes. */
  giveUp?(message: M, why: Poison): Promise<void>;
}

export interface RunningStage {
  readonly ready: Promise<void>;
  /** Takes nothing more, soon aborts what still waits on a remote, resolves when every job is settled. */
  stop(): Promise<void>;
}

interface Stop {
  /** What has not begun does not begin any more. */
  asked: boolean;
  readonly hurry: AbortController;
}

export function startStageWorker<M>(stage: RunnableStage<M>, needs: StageWorkerNeeds): RunningStage {
  const { lockMs = LOCK_MS } = stage;
  const stop: Stop = { asked: false, hurry: new AbortController() };
  const troubles = troublesOf(needs.log);
  const worker = new Worker(needs.queue.name, (job, token) => runJob(stage, { ...needs, troubles }, job, token, stop), {
    connection: needs.connection,
    prefix: needs.keys.bull(needs.queue.name),
    concurrency: stage.concurrency,
    // renewed at half of it while the job runs, so only a process that died or hangs loses it: its job is then taken up
    // again within the two together. A second run meanwhile is harmless: handlers are idempotent by key
    lockDuration: lockMs,
    stalledInterval: lockMs / 2,
    // a process that died is no fault of the message, at first: how often is too often is judged here, not by BullMQ,
    // which would fail the job for good without a word to its stage
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    // always set: without a limiter a queue-wide pause binds only the worker that asked for it
    limiter: { max: NO_LIMIT, duration: 1000 },
    settings: { backoffStrategy: (attemptsMade: number) => backoffMs(stage.retry, attemptsMade) },
  });
  worker.on('error', (error) => needs.log.error({ err: error, queue: needs.queue.name }, 'queue connection failed'));
  return {
    ready: worker.waitUntilReady().then(() => undefined),
    stop: async () => {
      // closing first: a job handed back must not be taken again by this very worker
      const closed = worker.close();
      stop.asked = true;
      const impatience = setTimeout(() => stop.hurry.abort(new Interrupted()), FINISH_MS);
      await closed.finally(() => clearTimeout(impatience));
    },
  };
}

async function runJob<M>(
  stage: RunnableStage<M>,
  needs: StageWorkerNeeds & { readonly troubles: Troubles },
  job: Job,
  token: string | undefined,
  stop: Stop,
): Promise<string> {
  const { metrics, troubles, queue } = needs;
  const labels = { stage: stage.name };
  const startedAt = performance.now();
  metrics.observe('throughline_stage_wait_seconds', Math.max(0, Date.now() - job.timestamp - job.delay) / 1000, labels);
  const settling = { job, token, queue, now: Date.now };
  try {
    const outcome = await runInTime(stage, job, stop);
    if (outcome.kind === 'defer') await notePutOff(job);
    metrics.count('throughline_stage_messages_total', { ...labels, outcome: outcome.kind, code: '' });
    metrics.observe('throughline_stage_attempts', job.attemptsMade + 1, labels);
    return await settleOutcome(outcome, settling);
  } catch (error) {
    if (isSignal(error)) throw error;
    const settled = classify(error);
    if (settled.outcome === 'fatal') needs.onFatal(error);
    if (settled.outcome === 'throttled') await notePutOff(job);
    metrics.count('throughline_stage_messages_total', { ...labels, ...settled });
    troubles.tell({ ...labels, jobId: job.id, attempt: job.attemptsMade + 1, ...settled }, error);
    return await settleFailure(error, settling);
  } finally {
    metrics.observe('throughline_stage_duration_seconds', (performance.now() - startedAt) / 1000, labels);
  }
}

async function runInTime<M>(stage: RunnableStage<M>, job: Job, stop: Stop): Promise<Outcome> {
  const parsed = stage.schema.safeParse(job.data);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.') || '(the whole message)').join(', ');
    throw new Poison('message_invalid', `the message does not fit its schema at: ${fields}`);
  }
  if (stop.asked) throw new Interrupted();
  if (newDeathsOver(job) > stage.retry.attempts) throw await abandoned(stage, job, parsed.data);
  const timeout = AbortSignal.timeout(stage.timeoutMs);
  const signal = AbortSignal.any([timeout, stop.hurry.signal]);
  try {
    return await stage.run(parsed.data, {
      signal,
      attemptsMade: job.attemptsMade,
      begunBefore: job.attemptsStarted - 1 > keptOf(job).putOff,
    });
  } catch (error) {
    if (stop.hurry.signal.aborted) throw new Interrupted();
    if (timeout.aborted) throw new Retryable('timeout', `no outcome within ${stage.timeoutMs} ms`);
    throw error;
  }
}

/** What a job remembers of its runs, as its progress. */
interface Kept {
  /** Runs that came to nothing in good order: they were told to wait. */
  readonly putOff: number;
  /** The deaths that it has been given up for. */
  readonly givenUpFor: number;
}

const keptOf = ({ progress }: Job): Kept => ({
  putOff: 0,
  givenUpFor: 0,
  ...(typeof progress === 'object' ? (progress as Partial<Kept>) : {}),
});

const notePutOff = (job: Job): Promise<void> => {
  const kept = keptOf(job);
  return job.updateProgress({ ...kept, putOff: kept.putOff + 1 });
};

/** Since somebody last put it back on purpose. */
const newDeathsOver = (job: Job): number => job.stalledCounter - keptOf(job).givenUpFor;

/** Its stage first: whoever dies here finds the message as it was, and says the same again. */
async function abandoned<M>(stage: RunnableStage<M>, job: Job, message: M): Promise<Poison> {
  const why = new Poison('worker_lost', `${newDeathsOver(job)} processes died while they worked on it`);
  await stage.giveUp?.(message, why);
  await job.updateProgress({ ...keptOf(job), givenUpFor: job.stalledCounter });
  return why;
}
