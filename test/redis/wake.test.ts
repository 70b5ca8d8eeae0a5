// A wake-up that comes in the moment between "the log is empty" and the end of the job that found it so.
import type { Queue } from 'bullmq';
import { afterEach, describe, expect, it } from 'vitest';
import type { Step } from '../../src/runtime/steps.ts';
import type { Waker } from '../../src/partitions/wake.ts';
import { eventually } from '../support/eventually.ts';
import { numbered, pipelineRig, type Rig } from '../support/pipeline.ts';

let rig: Rig;
afterEach(async () => rig.close());

/** Holds the worker right after its first release; `letGo` ends the hold. */
function heldAtRelease() {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let reached = false;
  const onStep = async (step: Step): Promise<void> => {
    if (step !== 'partition.released' || reached) return;
    reached = true;
    await held;
  };
  return { onStep, letGo, reached: () => reached };
}

async function appendInThatMoment(wakerFor?: (queue: Queue) => Waker): Promise<void> {
  const { onStep, letGo, reached } = heldAtRelease();
  rig = await pipelineRig({ onStep, lingerMs: 0, ...(wakerFor === undefined ? {} : { wakerFor }) });
  await rig.startWorker();
  await rig.appender.append([numbered('a', 1)]);
  await eventually('asleep, its job still active', reached, Boolean);
  await rig.appender.append([numbered('a', 2)]);
  letGo();
  await eventually(
    'the job has ended',
    () => rig.wakeQueue.getActiveCount(),
    (active) => active === 0,
  );
}

describe('mistake: deduplication without keepLastIfActive', () => {
  it('is not made: the wake-up runs when the active job has ended', async () => {
    await appendInThatMoment();
    expect(
      await eventually(
        'both applied',
        () => rig.stateOf('a'),
        (state) => state?.length === 2,
      ),
    ).toEqual([1, 2]);
  });

  it('control: made again it swallows the wake-up, and the event is stuck until a sweep', async () => {
    await appendInThatMoment((queue) => ({
      wake: async (partition, reason) => {
        await queue.add('drain', { partition, reason }, { deduplication: { id: `drain-p${partition}` } });
      },
      takeOver: () => Promise.resolve(),
    }));
    expect(await rig.wakeQueue.getJobCounts('waiting', 'active', 'delayed')).toEqual({
      waiting: 0,
      active: 0,
      delayed: 0,
    });
    expect(await rig.redis.xlen(rig.keys.partition(0).log)).toBe(1);
    expect(await rig.stateOf('a')).toEqual([1]);
  });
});
