// The timers of the SLA for a worker: where the commit's changes of them go, and the stage that tells when they ring.
import { timerChangeSchema } from '../../src/domain/sla/timer.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import type { Receiver } from '../../src/runtime/partition-handler.ts';
import type { RunningStage } from '../../src/runtime/stage-worker.ts';
import { timerReceiver } from '../../src/runtime/timers.ts';
import { TIMER_SINK } from '../stages/conversations.stage.ts';
import { startStage } from './start-stage.ts';
import type { Parts } from './worker-parts.ts';

export function timersOf({ base: { clock }, path, queues }: Parts): Receiver {
  const { attempts } = path.receivers[TIMER_SINK].retry;
  return timerReceiver({ queue: queues.slaDeadlines, schema: timerChangeSchema, attempts, clock });
}

export function startSlaDeadlines(parts: Parts): RunningStage {
  const { base, path, waker } = parts;
  const { redis, keys, config, metrics, onStep } = base;
  const needs = {
    appender: appenderFor({ redis, keys, partitions: config.partitions, waker, onStep }),
    hour: async () => {
      const [seconds = 0, micros = 0] = await redis.time();
      return seconds * 1000 + Math.floor(micros / 1000);
    },
    metrics,
  };
  return startStage(parts, 'slaDeadlines', path.receivers[TIMER_SINK], needs);
}
