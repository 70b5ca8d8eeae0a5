// The timeline runs what is planned in order, sees its own time, and can stop, skip and follow a clock.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimeline, followClock } from '../../../src/emulator/driver/timeline.ts';
import { eventually } from '../../support/eventually.ts';

describe('timeline', () => {
  it('runs tasks by due time, ties in the order of planning, each at its own time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 200 }), (delays) => {
        const timeline = createTimeline(1000);
        const ran: { due: number; order: number; now: number }[] = [];
        delays.forEach((delay, order) =>
          timeline.after(delay, () => ran.push({ due: 1000 + delay, order, now: timeline.now() })),
        );
        timeline.runUntil(2000);
        const expected = delays
          .map((delay, order) => ({ due: 1000 + delay, order, now: 1000 + delay }))
          .toSorted((a, b) => a.due - b.due || a.order - b.order);
        expect(ran).toEqual(expected);
        expect(timeline.now()).toBe(2000);
      }),
    );
  });

  it('runs what tasks plan on the way, and nothing later than asked for', () => {
    const timeline = createTimeline(0);
    const ran: number[] = [];
    const again = (): void => {
      ran.push(timeline.now());
      timeline.after(10, again);
    };
    timeline.after(10, again);
    timeline.runUntil(35);
    expect(ran).toEqual([10, 20, 30]);
    expect(timeline.nextDue()).toBe(40);
  });

  it('stops after its allowance and carries on', () => {
    const timeline = createTimeline(0);
    let ran = 0;
    for (let n = 0; n < 5; n += 1) timeline.after(1, () => (ran += 1));
    expect(timeline.runUntil(10, 3)).toBe(false);
    expect(ran).toBe(3);
    expect(timeline.runUntil(10, 3)).toBe(true);
    expect(ran).toBe(5);
  });

  it('skips without running', () => {
    const timeline = createTimeline(0);
    let ran = 0;
    timeline.after(100, () => (ran += 1));
    timeline.skip(1_000_000);
    timeline.runUntil(1_000_099);
    expect(ran).toBe(0);
    timeline.runUntil(1_000_100);
    expect(ran).toBe(1);
  });

  it('follows a clock, and does not catch up on hours it slept through', async () => {
    let time = 0;
    const timeline = createTimeline(0);
    const ran: number[] = [];
    const tick = (): void => {
      ran.push(timeline.now());
      timeline.after(1000, tick);
    };
    timeline.after(1000, tick);
    const stop = followClock(timeline, () => time);
    time = 1500;
    await eventually(
      'the first tick',
      () => ran.length,
      (count) => count === 1,
    );
    time += 8 * 3_600_000;
    await eventually(
      'the jump',
      () => timeline.now(),
      (now) => now >= time,
    );
    expect(ran).toHaveLength(1);
    time += 600;
    await eventually(
      'the tick after the jump',
      () => ran.length,
      (count) => count === 2,
    );
    stop();
  });
});
