// The deadlines that are armed and overdue, as the sampling finds them, on a clock that the test moves.
import { describe, expect, inject, it } from 'vitest';
import { createSample } from '../../src/api/sampling/sampler.ts';
import { apiNeeds } from '../browser/support/sample-api.ts';
import { sampleDeployment } from '../browser/support/sample-deployment.ts';
import { createFakeClock } from '../support/fake-clock.ts';

describe('deadlines', () => {
  it('are overdue once their hour has passed by more than a moment, wherever their job is', async () => {
    const clock = createFakeClock();
    const redisUrl = inject('redisUrl');
    const deployment = await sampleDeployment({ redisUrl, now: clock.now(), conversations: 0, deadLetters: 0 });
    const needs = apiNeeds(deployment, { clock });
    const sample = createSample(needs);
    const deadlines = async () => (await sample()).sla.deadlines;
    expect(await deadlines()).toEqual({ armed: 3, overdueMs: null });
    clock.advance(90_500);
    expect(await deadlines()).toEqual({ armed: 3, overdueMs: null });
    clock.advance(4500);
    expect(await deadlines()).toEqual({ armed: 3, overdueMs: 5000 });
    const queue = needs.queues.find(({ name }) => name === 'sla-deadlines')?.queue;
    await queue?.promoteJobs();
    expect(await deadlines()).toEqual({ armed: 0, overdueMs: 5000 });
    const gauge = needs.metrics.registry.getSingleMetric('throughline_sla_deadline_overdue_seconds');
    expect((await gauge?.get())?.values).toMatchObject([{ value: 5 }]);
    await deployment.close();
  });
});
