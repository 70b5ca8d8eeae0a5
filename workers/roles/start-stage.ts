// Starts a message stage on the queue it reads. Invariant: queue and schema come from one declaration, by one name.
import type { MessageStage } from '../../src/runtime/stage.ts';
import { startStageWorker, type RunningStage } from '../../src/runtime/stage-worker.ts';
import { schemaOf, type JobOf, type QueueName } from './open-queues.ts';
import type { Parts } from './worker-parts.ts';

type Starting = Pick<Parts, 'base' | 'queues' | 'onFatal'>;

export function startStage<Q extends QueueName, N>(
  { base, queues, onFatal }: Starting,
  name: Q,
  stage: MessageStage<JobOf<Q>, N>,
  needs: N,
): RunningStage {
  return startStageWorker<JobOf<Q>>(
    {
      ...stage,
      schema: schemaOf(name),
      run: (job, context) => stage.handle(job, context, needs),
      giveUp: async (job, why) => stage.abandon?.(job, why, needs),
    },
    { ...base, queue: queues[name], onFatal },
  );
}
