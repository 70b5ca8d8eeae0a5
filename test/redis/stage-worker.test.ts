// The stage contract on a real queue: what each outcome and each failure does to a job, and what is counted.
import { Worker } from 'bullmq';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Conflict, Fatal, Interrupted, Poison, Retryable, Throttled } from '../../src/runtime/errors.ts';
import { defer, done, skip } from '../../src/runtime/stage.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { eventually } from '../support/eventually.ts';
import { queueRig, type QueueRig } from '../support/queue-rig.ts';

let rig: QueueRig;
beforeEach(() => {
  rig = queueRig();
});
afterEach(async () => rig.close());

const add = (n: unknown = 1, attempts = 3) => rig.queue.add('test', { n }, { attempts });
const stateOf = async (id: string | undefined) => rig.queue.getJobState(id ?? '');
const reaches = (id: string | undefined, state: string) =>
  eventually(
    `job ${state}`,
    () => stateOf(id),
    (s) => s === state,
  );
const counted = (outcome: string, code: string, n: number) => eventually(`${n} × ${outcome}`, () => rig.settled(outcome, code), (seen) => seen === n); // prettier-ignore

describe('outcomes', () => {
  it('done and skip complete the job', async () => {
    await rig.startWorker(({ n }) => Promise.resolve(n === 1 ? done() : skip('nothing to do')));
    const [one, two] = [await add(1), await add(2)];
    await reaches(one.id, 'completed');
    await reaches(two.id, 'completed');
    await counted('done', '', 1);
    await counted('skip', '', 1);
  });

  it('defer comes back after its delay without spending an attempt', async () => {
    let calls = 0;
    const attempts: number[] = [];
    await rig.startWorker((_message, { attemptsMade }) => {
      attempts.push(attemptsMade);
      return Promise.resolve((calls += 1) < 3 ? defer('not yet', 10) : done());
    });
    await reaches((await add(1, 1)).id, 'completed');
    expect(attempts).toEqual([0, 0, 0]);
  });
});

describe('failures', () => {
  it('retryable and conflict come again with backoff, and fail after the last attempt', async () => {
    let calls = 0;
    await rig.startWorker(() => {
      calls += 1;
      return Promise.reject(calls === 1 ? new Conflict('version', 'newer there') : new Retryable('away', 'not there'));
    });
    const job = await add(1, 3);
    await reaches(job.id, 'failed');
    expect(calls).toBe(3);
    expect((await rig.queue.getJob(job.id ?? ''))?.failedReason).toBe('away: not there');
  });

  it('anything unforeseen is retried, and its message (which may quote a payload) is not kept', async () => {
    await rig.startWorker(() => Promise.reject(new TypeError('cannot read jane.roe@example.com')));
    const job = await add(1, 2);
    await reaches(job.id, 'failed');
    await counted('retry', 'unexpected', 2);
    const kept = await rig.queue.getJob(job.id ?? '');
    expect(kept?.failedReason).not.toContain('jane');
  });

  it('poison fails at once, whatever attempts are left', async () => {
    let calls = 0;
    await rig.startWorker(() => {
      calls += 1;
      return Promise.reject(new Poison('bad', 'never'));
    });
    await reaches((await add(1, 10)).id, 'failed');
    expect(calls).toBe(1);
  });

  it('throttled pauses the whole queue, other workers too, and spends no attempt', async () => {
    let throttle = true;
    const seen: number[] = [];
    const handle = (_message: unknown, { attemptsMade }: { attemptsMade: number }) => {
      if (throttle) {
        throttle = false;
        return Promise.reject(new Throttled('limit', 'slow down', 400));
      }
      seen.push(attemptsMade);
      return Promise.resolve(done());
    };
    await rig.startWorker(handle);
    await rig.startWorker(handle);
    const startedAt = performance.now();
    const first = await add(1, 1);
    await counted('throttled', 'limit', 1);
    const second = await add(2, 1);
    await reaches(first.id, 'completed');
    await reaches(second.id, 'completed');
    expect(performance.now() - startedAt).toBeGreaterThan(350);
    expect(seen).toEqual([0, 0]);
  });

  it('a message that does not fit its schema is poison, named by field and not quoted', async () => {
    await rig.startWorker(() => Promise.resolve(done()));
    const job = await add('jane.roe@example.com', 5);
    await reaches(job.id, 'failed');
    const reason = (await rig.queue.getJob(job.id ?? ''))?.failedReason;
    expect(reason).toBe('message_invalid: the message does not fit its schema at: n');
  });

  it('a handler over its time is aborted and retried', async () => {
    let aborted = 0;
    await rig.startWorker(
      (_message, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted += 1;
            reject(new Error('aborted'));
          });
        }),
      50,
    );
    await reaches((await add(1, 2)).id, 'failed');
    expect(aborted).toBe(2);
    await counted('retry', 'timeout', 2);
  });

  it('a stop takes nothing more and lets what is under way finish', async () => {
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    let calls = 0;
    const worker = await rig.startWorker(async (_message, { signal }) => {
      calls += 1;
      await finished;
      return signal.aborted ? skip('aborted') : done();
    });
    const first = await add(1);
    // a job is active before its handler has begun, and then may still be handed back
    await eventually(
      'begun',
      () => calls,
      (n) => n === 1,
    );
    const stopped = worker.stop();
    const second = await add(2);
    finish();
    await stopped;
    expect([await stateOf(first.id), await stateOf(second.id), calls]).toEqual(['completed', 'waiting', 1]);
    await counted('done', '', 1);
  });

  it('a stop hands what does not finish back to wait: no attempt spent, another worker finishes it', async () => {
    const waitForAbort = (_message: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Interrupted()));
      });
    const first = await rig.startWorker(waitForAbort);
    const job = await add(1, 1);
    await reaches(job.id, 'active');
    await first.stop();
    expect(await stateOf(job.id)).toBe('waiting');
    await rig.startWorker((_message, { attemptsMade }) => Promise.resolve(attemptsMade === 0 ? done() : skip('spent')));
    await reaches(job.id, 'completed');
    await counted('done', '', 1);
  });

  it('a message whose worker died is taken up within its lock and half of it again, no attempt spent', async () => {
    // by hand, so that nobody renews it: as of a process that has gone
    const dead = new Worker('test', null, { ...rig.reached, lockDuration: 400 });
    const job = await add(1, 1);
    expect((await dead.getNextJob('token-of-the-dead'))?.id).toBe(job.id);
    await dead.close(true);
    const takenAfterMs = performance.now();
    await rig.startWorker(
      (_message, { attemptsMade }) => Promise.resolve(attemptsMade === 0 ? done() : skip('spent')),
      5000,
      400,
    );
    await reaches(job.id, 'completed');
    // 600 ms and a busy machine; with the usual lock it would be ten seconds and more
    expect(performance.now() - takenAfterMs).toBeLessThan(5000);
    await counted('done', '', 1);
  });

  it('a message over which process after process died is given up by name; put back by a person it has its tries again', async () => {
    const dead = new Worker('test', null, { ...rig.reached, lockDuration: 100 });
    const job = await add(7, 3);
    await dead.getNextJob('token-of-the-dead');
    await dead.close(true);
    // as BullMQ keeps count of the deaths before: as many as the stage has tries, and the one above is one more
    const redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
    await redis.hset(`${rig.reached.prefix}:test:${job.id}`, 'stc', 3);
    redis.disconnect();
    const told: string[] = [];
    const giveUp = ({ n }: { n: number }, { code }: Poison): Promise<void> => {
      told.push(`${n} ${code}`);
      // whoever dies while telling is succeeded by one that tells again
      return told.length === 1 ? Promise.reject(new Interrupted()) : Promise.resolve();
    };
    const begun: boolean[] = [];
    const handle = (_message: unknown, { begunBefore }: { begunBefore: boolean }) => {
      begun.push(begunBefore);
      return Promise.resolve(done());
    };
    // with a lock of 100 ms a busy machine would take its own living worker for dead
    await rig.startWorker(handle, 5000, 1000, giveUp);
    await reaches(job.id, 'failed');
    expect([told, begun]).toEqual([['7 worker_lost', '7 worker_lost'], []]);
    await counted('poison', 'worker_lost', 1);
    await (await rig.queue.getJob(job.id ?? ''))?.retry('failed');
    await reaches(job.id, 'completed');
    await reaches((await add(8)).id, 'completed');
    expect(begun).toEqual([true, false]);
  });

  it('is not told that it has begun before when it was only put off', async () => {
    const begun: boolean[] = [];
    const answers = [
      () => Promise.resolve(defer('later', 1)),
      () => Promise.reject(new Throttled('rate_budget', 'wait', 1)),
      () => Promise.reject(new Retryable('once', 'it may have done something')),
      () => Promise.resolve(done()),
    ];
    await rig.startWorker((_message, { begunBefore }) => {
      begun.push(begunBefore);
      return answers[begun.length - 1]?.() ?? Promise.resolve(skip('once too often'));
    });
    await reaches((await add(1, 3)).id, 'completed');
    expect(begun).toEqual([false, false, false, true]);
  });

  it('fatal tells the process to end', async () => {
    await rig.startWorker(() => Promise.reject(new Fatal('bad_credentials', 'set them')));
    await add(1, 5);
    await eventually(
      'told',
      () => rig.fatal.length,
      (n) => n === 1,
    );
  });
});
