// Backoff: doubling, capped, jittered in the upper half.
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/runtime/retry-policy.ts';

const policy = { attempts: 100, initialMs: 500, maxMs: 60_000 };

describe('backoff', () => {
  it('doubles from the first wait to the cap', () => {
    const waits = [1, 2, 3, 8, 50, 10_000].map((made) => backoffMs(policy, made, () => 1));
    expect(waits).toEqual([500, 1000, 2000, 60_000, 60_000, 60_000]);
  });

  it('never waits less than half', () => {
    expect(backoffMs(policy, 1, () => 0)).toBe(250);
    expect(backoffMs(policy, 20, () => 0)).toBe(30_000);
  });
});
