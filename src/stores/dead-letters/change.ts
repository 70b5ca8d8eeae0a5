// Retrying and discarding a dead letter that waits for a person. Invariants: of two who press at once one does it and the
// other is told; a letter that is not waiting is never touched.
import { ErrorCode, type Queue } from 'bullmq';

export type Change = 'retry' | 'discard';
export type Changed = 'done' | 'not_found' | 'under_way';

export async function changeLetter(queue: Queue, change: Change, id: string): Promise<Changed> {
  // before the job is read: any key of the queue can be asked for by a made-up id
  const state = await stateOf(queue, id);
  if (state !== 'done') return state;
  const job = await queue.getJob(id);
  if (job === undefined) return 'not_found';
  try {
    if (change === 'retry') await job.retry('failed');
    else await job.remove();
    return 'done';
  } catch (error) {
    // somebody was faster
    const now = isOvertaken(error) ? await stateOf(queue, id) : 'done';
    if (now === 'done') throw error;
    return now;
  }
}

/** What keeps a letter from being changed; `done`: nothing. A letter that was replayed with success is gone. */
export async function stateOf(queue: Queue, id: string): Promise<Changed> {
  const state = await queue.getJobState(id);
  if (state === 'failed') return 'done';
  return state === 'unknown' || state === 'completed' ? 'not_found' : 'under_way';
}

const OVERTAKEN: readonly unknown[] = [ErrorCode.JobNotExist, ErrorCode.JobNotInState];

const isOvertaken = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && OVERTAKEN.includes(error.code)) || error.message.includes('locked by another worker'));
