// The timers by themselves: set and taken away by outputs that may be relayed again, late, or by two owners at once; and
// what happens when one rings.
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { slaDeadlinesQueue } from '../../queues/sla-deadlines.queue.ts';
import { timerChangeSchema, type TimerChange } from '../../src/domain/sla/timer.ts';
import { decodeFrame } from '../../src/genesys/codec/decode.ts';
import { routeFrame } from '../../src/genesys/codec/route.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { KeyedEvent } from '../../src/partitions/append.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { timerReceiver } from '../../src/runtime/timers.ts';
import { redisOptions } from '../../src/stores/redis/connect.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';
import { slaDeadlinesStage } from '../../workers/stages/sla-deadlines.stage.ts';

const ignore = (): void => undefined;

describe('the timers', () => {
  async function rig() {
    const url = inject('redisUrl');
    const keys = keysFor(`t-${randomUUID().slice(0, 8)}`);
    const queue = openQueue(slaDeadlinesQueue, redisOptions(url, 'worker'), keys, ignore);
    const receiver = timerReceiver({ queue, schema: timerChangeSchema, attempts: 3, clock: systemClock });
    let number = 0;
    const relay = (...changes: TimerChange[]): Promise<void> =>
      receiver.accept(0, changes.map((change) => ({ number: (number += 1), receivedAt: 1, payload: JSON.stringify(change) }))); // prettier-ignore
    const waiting = async (): Promise<string[]> =>
      (await queue.getJobs(['delayed', 'waiting'])).map(({ id = '' }) => id).sort();
    const close = async (): Promise<void> => {
      await queue.obliterate({ force: true });
      await queue.close();
    };
    return { queue, relay, waiting, close };
  }
  const arm = (id: string, at = Date.now() + 60_000): TimerChange => ({ conversationId: 'c', arm: { id, at } });
  const move = (from: string, to: string): TimerChange => ({ ...arm(to), disarm: from });

  it('are set once however often it is told, and moved', async () => {
    const { queue, relay, waiting, close } = await rig();
    const at = Date.now() + 60_000;
    await relay(arm('c-1', at));
    await relay(arm('c-1', at));
    expect(await waiting()).toEqual(['c-1']);
    const job = await queue.getJob('c-1');
    expect((job?.timestamp ?? 0) + (job?.delay ?? 0)).toBeCloseTo(at, -2);
    await relay(move('c-1', 'c-2'));
    expect(await waiting()).toEqual(['c-2']);
    await relay({ conversationId: 'c', disarm: 'c-2' });
    expect(await waiting()).toEqual([]);
    await close();
  });

  it('that are wanted survive an old owner who relays its outputs once more', async () => {
    const { relay, waiting, close } = await rig();
    const told = [arm('c-1'), move('c-1', 'c-2'), { conversationId: 'c', disarm: 'c-2' }, arm('c-3')];
    for (const change of told) await relay(change);
    for (let from = 0; from < told.length; from += 1) {
      for (const change of told.slice(from)) await relay(change);
      expect(await waiting()).toContain('c-3');
      await relay(...told.slice(from));
      expect(await waiting()).toContain('c-3');
    }
    await close();
  });

  it('are lost that way where a conversation has one id for all of them (control)', async () => {
    const { relay, waiting, close } = await rig();
    const told = [arm('c'), { conversationId: 'c', disarm: 'c' }, arm('c')];
    for (const change of told) await relay(change);
    await relay(...told.slice(1, 2));
    expect(await waiting()).toEqual([]);
    await close();
  });

  it('whose hour has passed wait for nothing', async () => {
    const { queue, relay, close } = await rig();
    await relay(arm('c-1', Date.now() - 5000));
    expect(await queue.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 1, delayed: 0 });
    await close();
  });
});

describe('the ring', () => {
  const at = Date.parse('2026-03-02T12:00:00Z');
  const context = { signal: new AbortController().signal, attemptsMade: 0, begunBefore: false };

  async function ringAt(now: number) {
    const appended: KeyedEvent[] = [];
    const appender = {
      append: (events: readonly KeyedEvent[]) => {
        appended.push(...events);
        return Promise.resolve({ deepest: 1 });
      },
    };
    const needs = { appender, hour: () => Promise.resolve(now), metrics: createMetrics() };
    const outcome = await slaDeadlinesStage.handle({ conversationId: 'c-1', at }, context, needs);
    return { appended, outcome };
  }

  it('writes the hour into the log, where it is routed and read as any frame', async () => {
    const { appended, outcome } = await ringAt(at + 20);
    expect(outcome).toEqual({ kind: 'done' });
    const [event] = appended;
    expect(event?.key).toBe('c-1');
    expect(routeFrame(event?.raw ?? '')).toMatchObject({ kind: 'event', key: 'c-1' });
    expect(decodeFrame(event?.raw ?? '', event?.receivedAt ?? 0)).toEqual({
      kind: 'observation',
      observation: { conversationId: 'c-1', source: 'clock', receivedAt: at + 20, participants: [] },
    });
  });

  it('waits where only the worker’s clock has reached it', async () => {
    for (const [early, delayMs] of [
      [5000, 5000],
      [3_600_000, 60_000],
    ] as const) {
      const { appended, outcome } = await ringAt(at - early);
      expect(outcome).toMatchObject({ kind: 'defer', delayMs });
      expect(appended).toEqual([]);
    }
  });
});
