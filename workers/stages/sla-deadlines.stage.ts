// A deadline's timer has rung: the hour is written into the conversation's partition log, where it is judged in order.
import { clockFrame } from '../../src/genesys/codec/clock.ts';
import type { Metrics } from '../../src/observability/metrics.ts';
import type { Appender } from '../../src/partitions/append.ts';
import { defer, done, type MessageStage } from '../../src/runtime/stage.ts';
import { slaDeadlinesQueue } from '../../queues/sla-deadlines.queue.ts';

interface Ring {
  readonly conversationId: string;
  readonly at: number;
}

interface Needs {
  readonly appender: Appender;
  /** Redis' clock, the one that all workers share: a worker whose own clock has jumped breaches nobody's promise. */
  readonly hour: () => Promise<number>;
  readonly metrics: Metrics;
}

/** Where this worker's clock is ahead of Redis' it looks again this soon, whatever its clock says by then. */
const LOOK_AGAIN_MS = 60_000;

export const slaDeadlinesStage: MessageStage<Ring, Needs> = {
  kind: 'message',
  name: 'sla-deadlines',
  does: 'Tells a conversation that the hour of a deadline has come, through its partition log.',
  from: slaDeadlinesQueue.name,
  to: { clock: 'partition log' },
  // a deadline that is given up would be a breach that never comes
  retry: { attempts: 100, initialMs: 500, maxMs: 60_000 },
  timeoutMs: 10_000,
  concurrency: 50,
  // a ring takes milliseconds and may come twice: the breach waits 6 s at most for a worker that died with it in hand
  lockMs: 4000,
  handle: async ({ conversationId, at }, _context, { appender, hour, metrics }) => {
    const now = await hour();
    if (now < at) return defer('this worker’s clock is ahead', Math.min(at - now, LOOK_AGAIN_MS));
    metrics.observe('throughline_sla_deadline_lag_seconds', (now - at) / 1000);
    await appender.append([{ key: conversationId, raw: clockFrame(conversationId), receivedAt: now }]);
    return done();
  },
};
