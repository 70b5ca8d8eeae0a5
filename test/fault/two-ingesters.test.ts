// The control of "two ingesters count each event once" (test/e2e/gaps.test.ts): a worker that takes a repetition for news
// applies what both of them heard twice. Invariant: the same measure, the same trial, only the worker is another.
import { expect, it } from 'vitest';
import { createCrew } from '../../bench/chaos/crew.ts';
import { environmentFor } from '../../src/config/document.ts';
import { compiledCopy, PATCHES } from '../support/fault-build.ts';
import { gapRig } from '../support/gap-rig.ts';

it('control: without the reducer’s dedupe, changes are applied twice', async (test) => {
  const build = compiledCopy(PATCHES.withoutDedupe);
  test.onTestFinished(() => build.remove());
  const rig = await gapRig();
  test.onTestFinished(() => rig.product.close());
  const environment = { PATH: process.env['PATH'], ...environmentFor(rig.product.config) };
  const crew = createCrew({ processes: build.processes, environment });
  test.onTestFinished(() => crew.killAll());
  expect(await crew.start('role-process', 'worker').ready).toBe(true);
  await rig.product.start('ingester');
  await rig.product.start('ingester');
  await rig.connected(2);
  rig.start(15);
  await rig.unrepaired();
  expect((await rig.appliedTwice()).length).toBeGreaterThan(10);
});
