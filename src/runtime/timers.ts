// Timers set and taken away by the outputs of a commit: a delayed job each. Invariant: every command is idempotent and
// names a job that no other command can mean, so outputs relayed again, late, or by two owners at once leave at worst a
// timer that rings for nothing; none that is wanted is ever taken away.
import type { Queue } from 'bullmq';
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Receiver, RelayedOutput } from './partition-handler.ts';

/** What an output to this receiver says. */
export interface TimerCommand {
  readonly conversationId: string;
  readonly arm?: { readonly at: number; readonly id: string } | undefined;
  readonly disarm?: string | undefined;
}

export interface TimerNeeds {
  readonly queue: Queue;
  readonly schema: z.ZodType<TimerCommand>;
  /** Of the stage that runs the jobs. */
  readonly attempts: number;
  readonly clock: Clock;
}

export function timerReceiver({ queue, schema, attempts, clock }: TimerNeeds): Receiver {
  return {
    accept: async (_partition: number, outputs: readonly RelayedOutput[]): Promise<void> => {
      const { armed, disarmed } = fold(outputs.map(({ payload }) => schema.parse(JSON.parse(payload))));
      const now = clock.now();
      const jobs = [...armed].map(([id, { conversationId, at }]) => ({
        name: 'ring',
        data: { conversationId, at },
        // an hour that has passed rings at once
        opts: { jobId: id, delay: Math.max(0, at - now), attempts },
      }));
      if (jobs.length > 0) await queue.addBulk(jobs);
      // one that is ringing now cannot be removed: it rings for nothing
      await Promise.all([...disarmed].map((id) => queue.remove(id)));
    },
  };
}

/** What is set and taken away in one go is never set at all. */
function fold(commands: readonly TimerCommand[]) {
  const armed = new Map<string, { readonly conversationId: string; readonly at: number }>();
  const disarmed = new Set<string>();
  for (const { conversationId, arm, disarm } of commands) {
    if (arm !== undefined) armed.set(arm.id, { conversationId, at: arm.at });
    // it may be there from an earlier relay of the same outputs
    if (disarm === undefined) continue;
    armed.delete(disarm);
    disarmed.add(disarm);
  }
  return { armed, disarmed };
}
