// What becomes of a frame under a plan of faults: which, when, and the same each time for the same seed.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameFaults, frameFaultsSchema, type EventFrame } from '../../../src/emulator/genesys/frame-faults.ts';

const SEED = 7;

let faults: FrameFaults;
let sent: string[];
beforeEach(() => {
  vi.useFakeTimers();
  faults = new FrameFaults();
  sent = [];
});
afterEach(() => {
  faults.stop();
  vi.useRealTimers();
});

const plan = (over: Partial<ReturnType<typeof frameFaultsSchema.parse>>): void =>
  faults.set(frameFaultsSchema.parse({ seed: SEED, ...over }));
const frameOf = (conversationId: string, number: number): EventFrame => ({
  topicName: 'v2.users.u1.conversations',
  body: `{"id":"${conversationId}","number":${number}}`,
  correlationId: `c${number}`,
});
const deliver = (conversationId: string, number: number, channelId = 'one'): void =>
  faults.deliver(channelId, frameOf(conversationId, number), (text) => sent.push(text));
const numbers = (): number[] =>
  sent.map((text) => (JSON.parse(text) as { eventBody: { number: number } }).eventBody.number);

describe('frames', () => {
  it('pass in order where nothing is planned', () => {
    for (let n = 0; n < 50; n += 1) deliver('a', n);
    expect(numbers()).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(faults.counts()).toEqual({ dropped: 0, duplicated: 0, reordered: 0, delayed: 0 });
  });

  it('meet the same fate for the same seed, and each about as often as planned', () => {
    const fates = (seed: number): { order: number[]; counts: ReturnType<FrameFaults['counts']> } => {
      sent = [];
      faults = new FrameFaults();
      plan({ drop: 0.1, duplicate: 0.2, reorder: 0.1, delay: 0.1, seed });
      for (let n = 0; n < 10_000; n += 1) deliver(`c${n % 7}`, n);
      vi.advanceTimersByTime(1000);
      return { order: numbers(), counts: faults.counts() };
    };
    const first = fates(SEED);
    expect(fates(SEED)).toEqual(first);
    expect(fates(SEED + 1).order).not.toEqual(first.order);
    for (const fate of ['dropped', 'delayed'] as const) {
      expect(first.counts[fate]).toBeGreaterThan(850);
      expect(first.counts[fate]).toBeLessThan(1150);
    }
    expect(first.counts.duplicated).toBeGreaterThan(1800);
    expect(first.counts.reordered).toBeGreaterThan(500);
    // Nothing but what was dropped is missing, and nothing but what was doubled is twice there.
    expect(new Set(first.order).size).toBe(10_000 - first.counts.dropped);
    expect(first.order.length).toBe(10_000 - first.counts.dropped + first.counts.duplicated);
  });

  it('come twice with another correlation id', () => {
    plan({ duplicate: 1 });
    deliver('a', 1);
    const [first, second] = sent.map((text) => JSON.parse(text) as { metadata: { CorrelationId: string } });
    expect(sent).toHaveLength(2);
    expect(second?.metadata.CorrelationId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect({ ...second, metadata: first?.metadata }).toEqual(first);
  });

  it('are overtaken by the next of their own conversation and channel', () => {
    plan({ reorder: 1, delayMs: 500 });
    deliver('a', 1);
    deliver('b', 2);
    deliver('a', 3, 'two');
    expect(numbers()).toEqual([]);
    deliver('a', 4);
    expect(numbers()).toEqual([4, 1]);
    vi.advanceTimersByTime(500);
    expect(numbers()).toEqual([4, 1, 2, 3]);
  });

  it('come late, at most by what was planned', () => {
    plan({ delay: 1, delayMs: 200 });
    for (let n = 0; n < 100; n += 1) deliver('a', n);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(sent.length).toBeGreaterThan(20);
    expect(sent.length).toBeLessThan(80);
    vi.advanceTimersByTime(100);
    expect(numbers().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it('are let go at once when the plan is taken back', () => {
    plan({ delay: 1, delayMs: 60_000 });
    for (let n = 0; n < 5; n += 1) deliver('a', n);
    faults.set();
    expect(numbers()).toEqual([0, 1, 2, 3, 4]);
    deliver('a', 5);
    expect(numbers()).toHaveLength(6);
  });

  it('do not wait in greater number than the bound', () => {
    plan({ delay: 1, delayMs: 60_000 });
    for (let n = 0; n < 5010; n += 1) deliver('a', n);
    expect(numbers()).toEqual(Array.from({ length: 10 }, (_, n) => 5000 + n));
  });
});
