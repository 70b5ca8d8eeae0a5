// Proof 1: the partition protocol against a model. Two owners, in any interleaving of append, claim, read, commit, crash,
// relay (whole, or dying between accept and trim), release, pause and sweep. After every step the state in Redis, the
// outputs received and the owner's right to commit are what the model says. The seed is printed.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pipelineRig, type Rig } from '../support/pipeline.ts';
import { emptyModel, finish, steps, World } from '../support/protocol-model.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await pipelineRig();
});
afterAll(async () => rig.close());

describe('the partition protocol', () => {
  it('keeps order, exactly once and fencing in every interleaving of two owners', async () => {
    let commits = 0;
    const property = fc.asyncProperty(fc.commands(steps, { maxCommands: 60, size: 'max' }), async (commands) => {
      await rig.wakeQueue.obliterate({ force: true });
      const left = await rig.redis.keys(`${rig.keys.partition(0).log.slice(0, -'log'.length)}*`);
      if (left.length > 0) await rig.redis.del(...left);
      const model = emptyModel();
      const world = new World(rig);
      await fc.asyncModelRun(() => ({ model, real: world }), commands);
      await finish(model, world);
      commits += world.commits;
    });
    const seed = Number(process.env['THROUGHLINE_TEST_SEED'] ?? Math.floor(Math.random() * 0x7fffffff));
    console.log(`partition protocol model: seed ${seed}`);
    await fc.assert(property, { seed, numRuns: Number(process.env['THROUGHLINE_TEST_RUNS'] ?? 150) });
    console.log(`${commits} commits`);
    expect(commits).toBeGreaterThan(100);
  }, 120_000);
});
