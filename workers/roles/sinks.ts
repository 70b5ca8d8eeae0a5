// How outputs leave: the stages that send from the sinks' buffers, and their last flush.
import { runnableBatchStage } from '../../src/runtime/batch/batch-stage.ts';
import type { BatchBuffer } from '../../src/runtime/batch/buffer.ts';
import { startStageWorker, type RunningStage } from '../../src/runtime/stage-worker.ts';
import type { ConversationTarget } from '../../src/sinks/conversation/target.ts';
import { syncCrmQueue } from '../../queues/sync-crm.queue.ts';
import { updateConversationQueue } from '../../queues/update-conversation.queue.ts';
import { CONVERSATION_SINK, CRM_SINK } from '../stages/conversations.stage.ts';
import type { Foundation } from './foundation.ts';
import type { Parts } from './worker-parts.ts';

/** The batches of the last cut get this long; what is not sent then waits in Redis for another worker. */
const LAST_FLUSH_MS = 5000;

export interface Sending {
  readonly buffer: BatchBuffer;
  readonly stage: RunningStage;
}

export function startCrm({ base, path, crm, buffers, deadLetters, queues, onFatal }: Parts): Sending {
  const buffer = buffers[CRM_SINK];
  const needs = { ...sendingNeeds(base), buffer, deadLetters, handlerNeeds: { crm } };
  const stage = runnableBatchStage(path.receivers[CRM_SINK], syncCrmQueue.schema, needs);
  return { buffer, stage: startStageWorker(stage, { ...base, queue: queues.syncCrm, onFatal }) };
}

export function startConversationUpdates(parts: Parts, target: ConversationTarget): Sending {
  const { base, path, buffers, deadLetters, queues, onFatal } = parts;
  const buffer = buffers[CONVERSATION_SINK];
  const handlerNeeds = { target, metrics: base.metrics };
  const needs = { ...sendingNeeds(base), buffer, deadLetters, handlerNeeds };
  const stage = runnableBatchStage(path.receivers[CONVERSATION_SINK], updateConversationQueue.schema, needs);
  return { buffer, stage: startStageWorker(stage, { ...base, queue: queues.updateConversation, onFatal }) };
}

const sendingNeeds = ({ metrics, log, clock, onStep }: Foundation) => ({
  metrics,
  log,
  now: () => clock.now(),
  onStep,
});

export async function lastFlush({ clock, log }: Foundation, buffers: readonly BatchBuffer[]): Promise<void> {
  const flush = async (buffer: BatchBuffer): Promise<void> => {
    await buffer.cutAll('shutdown');
    await buffer.untilSettled(LAST_FLUSH_MS, clock);
  };
  try {
    await Promise.all(buffers.map(flush));
  } catch (error) {
    log.warn({ err: error }, 'the last flush failed; its records wait in Redis');
  }
}
