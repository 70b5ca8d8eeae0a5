// What the stages of a worker share: the path, its queues, the buffers of its sinks. Invariant: opened once, in openParts.
import type { Queue } from 'bullmq';
import { BatchBuffer } from '../../src/runtime/batch/buffer.ts';
import type { DeadLetters } from '../../src/runtime/dead-letters.ts';
import { sealWith, type Seal } from '../../src/runtime/seal.ts';
import type { BatchStage } from '../../src/runtime/stage.ts';
import type { CrmClient } from '../../src/sinks/crm/crm-client.ts';
import { wakerFor, type Waker } from '../../src/partitions/wake.ts';
import { CONVERSATION_SINK, CRM_SINK } from '../stages/conversations.stage.ts';
import { topology } from '../topology.ts';
import { openCrm } from './crm.ts';
import { payloadKeyOf, type Foundation } from './foundation.ts';
import { deadLetterBox, openQueues, type OpenQueues } from './open-queues.ts';

export interface Parts {
  readonly base: Foundation;
  readonly path: ReturnType<typeof topology>;
  readonly crm: CrmClient;
  readonly queues: OpenQueues;
  readonly waker: Waker;
  readonly seal: Seal;
  readonly deadLetters: DeadLetters;
  /** One a sink, whether this worker sends from it or not: what was put out must have a place to wait. */
  readonly buffers: Readonly<Record<typeof CRM_SINK | typeof CONVERSATION_SINK, BatchBuffer>>;
  readonly onFatal: (failure: unknown) => void;
}

export function openParts(base: Foundation, onFatal: (failure: unknown) => void): Parts {
  const { config, metrics } = base;
  const path = topology(config, metrics);
  const queues = openQueues(base);
  const seal = sealWith(payloadKeyOf(config));
  const waker = wakerFor(queues.partitions);
  const deadLetters = deadLetterBox(base, queues, seal);
  const { [CRM_SINK]: syncCrm, [CONVERSATION_SINK]: conversation } = path.receivers;
  const crm = openCrm(base, syncCrm.concurrency);
  const buffers = {
    [CRM_SINK]: bufferOf(base, CRM_SINK, syncCrm, queues.syncCrm),
    [CONVERSATION_SINK]: bufferOf(base, CONVERSATION_SINK, conversation, queues.updateConversation),
  };
  return { base, path, crm, queues, waker, seal, deadLetters, buffers, onFatal };
}

function bufferOf<R, N>(
  { redis, metrics, keys, onStep }: Foundation,
  sink: string,
  { name: stage, batch: limits, identify, retry }: BatchStage<R, N>,
  queue: Queue,
): BatchBuffer {
  return new BatchBuffer({
    redis,
    metrics,
    keys: keys.buffer(sink),
    stage,
    limits,
    rest: retry,
    identify,
    onStep,
    announce: async ({ batchId, trigger }) => {
      await queue.add('flush', { batchId, trigger }, { jobId: batchId, attempts: retry.attempts });
    },
  });
}
