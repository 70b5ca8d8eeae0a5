// The pure rules of trying again, and the clock they are tested with.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateCap, delayAfter, reconnectDelayMs } from '../../../src/genesys/reconnect.ts';
import { systemNotice } from '../../../src/genesys/system-notice.ts';
import { delay } from '../../../src/runtime/clock.ts';
import { Retryable, Throttled } from '../../../src/runtime/errors.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

describe('reconnect delays', () => {
  it('are 1, 2, 4 s, then full jitter up to 60 s for ever', () => {
    const most = Array.from({ length: 9 }, (_, failures) => reconnectDelayMs(failures, () => 1));
    expect(most).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(reconnectDelayMs(3, () => 0)).toBe(0);
    expect(reconnectDelayMs(100_000, () => 0.5)).toBe(30_000);
  });

  it('obey the platform when it asks for more', () => {
    expect(delayAfter(new Throttled('rate_limited', '', 90_000), 0, Math.random)).toBe(90_000);
    expect(delayAfter(new Throttled('rate_limited', '', 10), 1, Math.random)).toBe(2000);
    expect(delayAfter(new Retryable('x', ''), 1, Math.random)).toBe(2000);
  });
});

describe('rate cap', () => {
  it('lets no more than its number into any window, and always lets one in after the wait it states', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 80 }), (steps) => {
        const cap = createRateCap(3, 1000);
        const taken: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step;
          const wait = cap.waitMs(now);
          expect(cap.waitMs(now + wait)).toBe(0);
          now += wait;
          cap.take(now);
          taken.push(now);
        }
        for (const at of taken)
          expect(taken.filter((other) => other > at - 1000 && other <= at).length).toBeLessThan(4);
      }),
    );
  });
});

describe('system notices', () => {
  const frame = (topicName: string, eventBody: unknown = {}) => JSON.stringify({ topicName, version: '2', eventBody });

  it.each([
    ['socket closing', frame('v2.system.socket_closing', { message: 'maintenance' }), 'socket_closing'],
    ['ours', frame('v2.system.no_longer_subscribed.c1', { channelId: 'c1' }), 'no_longer_subscribed'],
    ['ours by topic alone', frame('v2.system.no_longer_subscribed.c1', null), 'no_longer_subscribed'],
    ['no channel named', frame('v2.system.no_longer_subscribed', 'odd'), 'no_longer_subscribed'],
    ['another’s', frame('v2.system.no_longer_subscribed.c2', { channelId: 'c2' }), undefined],
    ['token revoked', frame('v2.system.token_revoked.u1'), 'token_revoked'],
    ['unknown system topic', frame('v2.system.tea_time'), undefined],
    ['event that quotes a notice', frame('v2.users.u.conversations', { note: 'v2.system.socket_closing' }), undefined],
    ['not JSON', 'v2.system.socket_closing', undefined],
    ['too long', frame('v2.system.socket_closing', { message: 'x'.repeat(9000) }), undefined],
  ])('%s', (_, raw, notice) => {
    expect(systemNotice(raw, 'c1')).toBe(notice);
  });
});

describe('clock', () => {
  it('a delay ends with its time', async () => {
    const clock = createFakeClock();
    let ended = false;
    const waiting = delay(clock, 1000).then(() => {
      ended = true;
    });
    clock.advance(999);
    await Promise.resolve();
    expect(ended).toBe(false);
    clock.advance(1);
    await waiting;
  });

  it('a delay ends with its signal and leaves no timer', async () => {
    const clock = createFakeClock();
    const stopping = new AbortController();
    const waiting = delay(clock, 1000, stopping.signal);
    stopping.abort();
    await waiting;
    await delay(clock, 1000, stopping.signal);
    expect(clock.waits()).toEqual([]);
  });

  it('the fake one runs timers in order, those set on the way too', () => {
    const clock = createFakeClock(0);
    const ran: string[] = [];
    clock.setTimeout(() => ran.push(`late ${clock.now()}`), 50);
    clock.setTimeout(() => clock.setTimeout(() => ran.push(`nested ${clock.now()}`), 10), 20);
    clock.clearTimeout(clock.setTimeout(() => ran.push('cleared'), 5));
    clock.advance(40);
    expect([ran, clock.waits(), clock.now()]).toEqual([['nested 30'], [10], 40]);
    clock.advance(10);
    expect(ran).toEqual(['nested 30', 'late 50']);
  });
});
