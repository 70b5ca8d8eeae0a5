// What is given up, what comes again, and what a worker makes of a failure that would stop an ingester.
import { describe, expect, it } from 'vitest';
import { Fatal, Interrupted, Poison, Retryable, Throttled } from '../../../src/runtime/errors.ts';
import { hopeless, stepAside } from '../../../workers/stages/giving-up.ts';

describe('a failed enrichment', () => {
  it.each([
    ['an attempt that is not the last', new Retryable('timeout', 'too late'), 1],
    ['a stop, even at the last attempt', new Interrupted(), 9],
  ])('comes again after %s', (_what, thrown, attemptsMade) => {
    expect(hopeless(thrown, attemptsMade, 10)).toBeUndefined();
  });

  it('is given up at the last attempt, or where no attempt can help', () => {
    const late = new Retryable('timeout', 'too late');
    expect(hopeless(late, 9, 10)).toEqual({ why: { code: 'timeout', message: 'too late' }, thrown: late });
    const poison = new Poison('refused', 'no');
    expect(hopeless(poison, 0, 10)?.thrown).toBe(poison);
  });

  it('does not stop the worker over credentials, and quotes nothing nobody foresaw', () => {
    expect(hopeless(new Fatal('credentials', 'expired'), 0, 10)?.thrown).toBeInstanceOf(Poison);
    const { why } = hopeless(new TypeError('john.doe@example.com is not a function'), 9, 10) ?? {};
    expect(why).toEqual({ code: 'unexpected', message: 'failed in a way nobody foresaw' });
  });

  it('steps aside for as long as it is told, and looks again within half a minute', () => {
    expect(stepAside(new Throttled('crm', 'later', 1200))).toEqual({ kind: 'defer', reason: 'crm', delayMs: 1200 });
    expect(stepAside(new Throttled('crm', 'later', 3_600_000))).toMatchObject({ delayMs: 30_000 });
  });
});
