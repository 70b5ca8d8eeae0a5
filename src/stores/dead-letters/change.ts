// Retrying and discarding a dead letter that waits for a person. Invariants: of two who press at once one does it and the
// other is told; a letter that is not waiting is never touched.
import { ErrorCode, type Queue } from 'bullmq';

export type Change = 'retry' | 'discard';
export type Hindrance = 'not_found' | 'under_way';

/** Undefined: it is done. */
export async function changeLetter(queue: Queue, change: Change, id: string): Promise<Hindrance | undefined> {
  const hindrance = await hindranceOf(queue, id);
  if (hindrance !== undefined) return hindrance;
  const job = await queue.getJob(id);
  if (job === undefined) return 'not_found';
  try {
    if (change === 'retry') await job.retry('failed');
    else await job.remove();
    return undefined;
  } catch (error) {
    // somebody may have been faster
    const since = isOvertaken(error) ? await hindranceOf(queue, id) : undefined;
    if (since === undefined) throw error;
    return since;
  }
}

/** What keeps a letter from being changed. One that was replayed with success is gone. */
export async function hindranceOf(queue: Queue, id: string): Promise<Hindrance | undefined> {
  const state = await queue.getJobState(id);
  if (state === 'failed') return undefined;
  return state === 'unknown' || state === 'completed' ? 'not_found' : 'under_way';
}

const OVERTAKEN: ReadonlySet<unknown> = new Set([ErrorCode.JobNotExist, ErrorCode.JobNotInState]);

const isOvertaken = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && OVERTAKEN.has(error.code)) || error.message.includes('locked by another worker'));
