// The breaker: what trips it, what does not, how it comes back, and how many calls it lets through at a time.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../../src/observability/metrics.ts';
import { createBreaker, type Breaker } from '../../../src/runtime/breaker.ts';
import { Poison, Retryable, Throttled } from '../../../src/runtime/errors.ts';

const down = (): Promise<never> => Promise.reject(new Retryable('platform_unavailable', 'down'));
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('breaker', () => {
  let metrics: Metrics;
  let breaker: Breaker;
  let sent: number;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    metrics = createMetrics();
    sent = 0;
    const log = createLogger({ level: 'silent', role: 'test' });
    breaker = createBreaker({ remote: 'genesys', mostInFlight: 2, metrics, log });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const call = (work: () => Promise<unknown> = () => Promise.resolve('answer')): Promise<unknown> =>
    breaker.run(() => {
      sent += 1;
      return work();
    });
  const times = async (count: number, work: () => Promise<unknown>): Promise<void> => {
    for (let i = 0; i < count; i += 1) await failureOf(call(work));
  };
  const open = async (): Promise<number | undefined> => {
    const metric = await metrics.registry.getSingleMetric('throughline_remote_breaker_open')?.get();
    return metric?.values[0]?.value;
  };

  it('passes on answers and failures as they are', async () => {
    expect(await call()).toBe('answer');
    expect(await failureOf(call(down))).toMatchObject({ kind: 'retryable', code: 'platform_unavailable' });
    const bug = new TypeError('a bug');
    expect(await failureOf(call(() => Promise.reject(bug)))).toBe(bug);
  });

  it('opens after five failures in a row and says when to come back, sending nothing', async () => {
    await times(5, down);
    expect([sent, await open()]).toEqual([5, 1]);
    vi.setSystemTime(Date.now() + 4000);
    expect(await failureOf(call())).toMatchObject({ kind: 'throttled', code: 'circuit_open', retryAfterMs: 6000 });
    expect(sent).toBe(5);
  });

  it('lets one trial through after 10 s, and all when it works', async () => {
    await times(5, down);
    vi.setSystemTime(Date.now() + 10_000);
    expect(await call()).toBe('answer');
    expect(await call()).toBe('answer');
    expect([sent, await open()]).toEqual([7, 0]);
  });

  it('waits again when the trial fails', async () => {
    await times(5, down);
    vi.setSystemTime(Date.now() + 10_000);
    await failureOf(call(down));
    expect(await failureOf(call())).toMatchObject({ code: 'circuit_open', retryAfterMs: 10_000 });
    expect(sent).toBe(6);
  });

  it('takes a refusal for an answer: neither 4xx nor 429 opens it, and each ends a row of failures', async () => {
    await times(20, () => Promise.reject(new Poison('refused', '400')));
    await times(20, () => Promise.reject(new Throttled('rate_limited', '429', 1000)));
    for (let i = 0; i < 5; i += 1) {
      await times(4, down);
      await times(1, () => Promise.reject(new Poison('not_found', '404')));
    }
    expect(await open()).toBe(0);
  });

  it('has two calls under way at most; others wait their turn, and too many are turned away', async () => {
    const finish: (() => void)[] = [];
    const slow = (): Promise<unknown> => new Promise((resolve) => void finish.push(() => resolve('late')));
    const calls = Array.from({ length: 42 }, () => call(slow));
    await vi.waitFor(() => expect(sent).toBe(2));
    expect(await failureOf(call(slow))).toMatchObject({ kind: 'throttled', code: 'too_many_in_flight' });
    for (let done = 0; done < 42; done += 1) {
      await vi.waitFor(() => expect(finish.length).toBeGreaterThan(done));
      expect(sent - done).toBeLessThanOrEqual(2);
      finish[done]?.();
    }
    expect(await Promise.all(calls)).toHaveLength(42);
  });
});
