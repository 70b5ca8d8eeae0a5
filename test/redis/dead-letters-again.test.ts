// An event that can be read and fails again in its partition: the retried letter goes, one new letter comes, and a person
// who tries again and again never has more than one.
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { startStageWorker, type RunningStage } from '../../src/runtime/stage-worker.ts';
import { redisOptions } from '../../src/stores/redis/connect.ts';
import { changeLetter } from '../../src/stores/dead-letters/change.ts';
import { deadLettersStage } from '../../workers/stages/dead-letters.stage.ts';
import { eventually } from '../support/eventually.ts';
import { listHandler, numbered, pipelineRig, TEST_KEY, type Rig } from '../support/pipeline.ts';

let rig: Rig;
let stage: RunningStage;
let isMended = false;
const handler = listHandler(() => {
  throw new Error('apply fails');
});

beforeEach(async () => {
  isMended = false;
  rig = await pipelineRig();
  // -2 is what the handler fails on, until somebody mends it
  const apply: typeof handler.apply = (state, event) => handler.apply(state, isMended ? { ...event, n: 7 } : event);
  await rig.startWorker({ ...handler, apply });
  const needs = {
    appender: rig.appender,
    seal: sealWith(TEST_KEY),
    decode: (event: Parameters<typeof handler.decode>[0]) => handler.decode(event),
    restoreRecord: () => Promise.reject(new Error('there is no buffer here')),
  };
  stage = startStageWorker(
    {
      ...deadLettersStage,
      schema: deadLettersQueue.schema,
      run: (letter, context) => deadLettersStage.handle(letter, context, needs),
    },
    {
      queue: rig.deadQueue,
      connection: redisOptions(inject('redisUrl'), 'worker'),
      keys: rig.keys,
      metrics: rig.metrics,
      log: createLogger({ level: 'silent', role: 'test' }),
      onFatal: () => undefined,
    },
  );
  await stage.ready;
});
afterEach(async () => {
  await stage.stop();
  await rig.close();
});

const waiting = (): Promise<string[]> => rig.deadQueue.getRanges(['failed'], 0, -1);

it('is one letter after each of five retries, and gone after the one that works', async () => {
  await rig.appender.append([numbered('a', -2)]);
  let [letter = ''] = await eventually('parked', waiting, (ids) => ids.length === 1);
  const seen = new Set([letter]);
  for (let round = 1; round <= 5; round += 1) {
    const before = letter;
    expect(await changeLetter(rig.deadQueue, 'retry', before)).toBeUndefined();
    // pressing the old one again, from a page that is out of date, brings nothing back
    expect(['not_found', 'under_way']).toContain(await changeLetter(rig.deadQueue, 'retry', before));
    const isNew = (ids: readonly string[]): boolean => ids.length === 1 && ids[0] !== before;
    [letter = ''] = await eventually('the new letter', waiting, isNew);
    await eventually(
      'the old one gone',
      () => rig.deadQueue.getJob(before),
      (job) => job === undefined,
    );
    seen.add(letter);
  }
  expect(seen.size).toBe(6);
  expect(await rig.redis.hget(rig.keys.partition(0).meta, 'n:deadLetters')).toBe('6');

  isMended = true;
  await changeLetter(rig.deadQueue, 'retry', letter);
  await eventually(
    'applied',
    () => rig.stateOf('a'),
    (state) => state?.length === 1,
  );
  await eventually(
    'no letter left',
    async () => Object.values(await rig.deadQueue.getJobCounts('failed', 'completed', 'waiting', 'active')),
    (counts) => counts.every((count) => count === 0),
  );
});
