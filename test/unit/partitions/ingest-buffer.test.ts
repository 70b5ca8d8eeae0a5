// The ingest buffer's overflow policy: it drops nothing, it says stop, and it keeps the order through failed appends.
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import type { Appender, KeyedEvent } from '../../../src/partitions/append.ts';
import { IngestBuffer, type IngestLimits } from '../../../src/partitions/ingest-buffer.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { eventually } from '../../support/eventually.ts';

/** An appender in the test's hand: each call waits until it is let through or failed. */
class HeldAppender implements Appender {
  readonly taken: string[] = [];
  readonly calls: { readonly size: number; pass: (deepest?: number) => void; fail: () => void }[] = [];

  append(events: readonly KeyedEvent[]): Promise<{ deepest: number }> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        size: events.length,
        pass: (deepest = 0) => {
          this.taken.push(...events.map(({ raw }) => raw));
          resolve({ deepest });
        },
        fail: () => reject(new Error('Redis is away')),
      });
    });
  }

  async call(index: number) {
    await eventually(
      `append ${index}`,
      () => this.calls.length,
      (n) => n > index,
    );
    const call = this.calls[index];
    if (call === undefined) throw new Error('no such call');
    return call;
  }
}

function rig(limits: Partial<IngestLimits> = {}) {
  const appender = new HeldAppender();
  const clock = createFakeClock();
  const pressure: boolean[] = [];
  const log = { deepest: 0 };
  const buffer = new IngestBuffer({
    appender,
    deepestLog: () => Promise.resolve(log.deepest),
    limits: { maxEvents: 10, maxBytes: 1000, logMaxEntries: 100, ...limits },
    onPressure: (paused) => pressure.push(paused),
    metrics: createMetrics(),
    log: createLogger({ level: 'silent', role: 'test' }),
    clock,
  });
  const offer = (count: number, from = 0): void => {
    for (let i = from; i < from + count; i += 1) buffer.offer({ key: 'k', raw: `event ${i}`, receivedAt: 1 });
  };
  return { appender, buffer, clock, pressure, log, offer };
}
const events = (count: number) => Array.from({ length: count }, (_, i) => `event ${i}`);

describe('the ingest buffer', () => {
  it('appends what arrived together together, and what came meanwhile with the next append', async () => {
    const { appender, offer } = rig();
    offer(3);
    const first = await appender.call(0);
    offer(4, 3);
    first.pass();
    (await appender.call(1)).pass();
    expect(appender.calls.map(({ size }) => size)).toEqual([3, 4]);
    await eventually(
      'all taken',
      () => appender.taken.length,
      (n) => n === 7,
    );
    expect(appender.taken).toEqual(events(7));
  });

  it('pauses the source at its limit, resumes it at half, and drops nothing that came in between', async () => {
    const { appender, pressure, offer } = rig({ maxEvents: 10 });
    offer(9);
    expect(pressure).toEqual([]);
    offer(6, 9);
    expect(pressure).toEqual([true]);
    (await appender.call(0)).pass();
    await eventually(
      'resumed',
      () => pressure.length,
      (n) => n === 2,
    );
    expect(pressure).toEqual([true, false]);
    expect(appender.taken).toEqual(events(15));
  });

  it('pauses by bytes as well', () => {
    const { buffer, pressure } = rig({ maxBytes: 100 });
    buffer.offer({ key: 'k', raw: 'x'.repeat(101), receivedAt: 1 });
    expect(pressure).toEqual([true]);
  });

  it('keeps the order through failed appends: the same events are sent again before any later one', async () => {
    const { appender, clock, offer } = rig();
    offer(2);
    (await appender.call(0)).fail();
    offer(2, 2);
    await eventually(
      'waiting to try again',
      () => clock.waits().length,
      (n) => n > 0,
    );
    clock.advance(10_000);
    (await appender.call(1)).pass();
    (await appender.call(2)).pass();
    expect(appender.calls.map(({ size }) => size)).toEqual([2, 2, 2]);
    expect(appender.taken).toEqual(events(4));
  });

  it('waits for the workers when a partition log is full, and says stop to the source', async () => {
    const { appender, clock, pressure, log, offer } = rig({ logMaxEntries: 100 });
    offer(1);
    log.deepest = 120;
    (await appender.call(0)).pass(120);
    await eventually(
      'paused',
      () => pressure.at(-1),
      (paused) => paused === true,
    );
    offer(1, 1);
    const looking = () => clock.waits().length;
    await eventually('looks', looking, (n) => n > 0);
    clock.advance(1000);
    await eventually('looks again', looking, (n) => n > 0);
    expect(appender.calls).toHaveLength(1);
    log.deepest = 10;
    clock.advance(1000);
    (await appender.call(1)).pass();
    await eventually(
      'resumed',
      () => pressure.at(-1),
      (paused) => paused === false,
    );
  });

  it('says how many events it could not hand over when it must stop', async () => {
    const { appender, buffer, clock, offer } = rig();
    offer(3);
    await appender.call(0);
    const stopping = buffer.stop(5000);
    clock.advance(6000);
    expect(await stopping).toBe(3);
  });
});
