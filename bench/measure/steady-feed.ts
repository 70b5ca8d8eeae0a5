// Events at a steady rate through the product's own ingest buffer, each stamped when it is offered.
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { KeyedEvent } from '../../src/partitions/append.ts';
import { IngestBuffer } from '../../src/partitions/ingest-buffer.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Feeder } from '../subjects/subject.ts';
import { monotonicMs } from '../subjects/throughline.ts';

export interface SteadyFeed {
  /** Resolves when all are offered and appended. */
  readonly finished: Promise<void>;
  offered(): number;
  stop(): void;
}

const NO_LIMITS = { maxEvents: 1e9, maxBytes: 1e12, logMaxEntries: 1e9 };

/** `next` gives the n-th event, or nothing when there are no more. */
export function feedSteadily(
  feeder: Feeder,
  perSecond: number,
  next: (n: number) => KeyedEvent | undefined,
): SteadyFeed {
  let appended = 0;
  const buffer = new IngestBuffer({
    appender: {
      append: async (events) => {
        await feeder.append(events);
        appended += events.length;
        return { deepest: 0 };
      },
    },
    deepestLog: () => Promise.resolve(0),
    limits: NO_LIMITS,
    onPressure: () => undefined,
    metrics: createMetrics(),
    log: createLogger({ level: 'error', role: 'bench' }),
    clock: systemClock,
  });
  let offered = 0;
  let stopped = false;
  const allAppended = async (): Promise<void> => {
    const left = (): number => offered - appended;
    while (left() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const startedAt = monotonicMs();
  const finished = (async (): Promise<void> => {
    while (!stopped) {
      const due = Math.floor(((monotonicMs() - startedAt) * perSecond) / 1000);
      while (offered < due && !stopped) {
        const event = next(offered);
        stopped = event === undefined;
        if (event === undefined) break;
        offered += 1;
        buffer.offer({ ...event, receivedAt: monotonicMs() });
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await allAppended();
  })();
  return {
    finished,
    offered: () => offered,
    stop: () => {
      stopped = true;
    },
  };
}
