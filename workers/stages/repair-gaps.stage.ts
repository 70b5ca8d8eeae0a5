// Repairs the gaps of the live stream: what could have been missed is read from the platform, through the partitions.
import { repairGap, type RepairNeeds } from '../../src/genesys/repair/repair-gap.ts';
import { Failure, Poison, Throttled } from '../../src/runtime/errors.ts';
import type { MessageStage } from '../../src/runtime/stage.ts';
import { repairGapsQueue } from '../../queues/repair-gaps.queue.ts';

interface GapDue {
  readonly gapId: string;
}

/** Three hours of a platform that does not answer; after that a person decides. */
const RETRY = { attempts: 200, initialMs: 1000, maxMs: 60_000 };

export const repairGapsStage: MessageStage<GapDue, RepairNeeds> = {
  kind: 'message',
  name: 'repair-gaps',
  does: 'Reads from the platform what happened while no socket was live, and sends it through the partitions.',
  from: repairGapsQueue.name,
  to: { partitions: 'partition log' },
  retry: RETRY,
  timeoutMs: 120_000,
  concurrency: 1,
  handle: async ({ gapId }, { signal, attemptsMade }, needs) => {
    try {
      return await repairGap(gapId, signal, needs);
    } catch (error) {
      throw await noted(gapId, error, attemptsMade, needs);
    }
  },
};

/** A budget that is used up is left to fill, or each call would be waited for by itself. */
const LEAST_PAUSE_MS = 2000;

/** The ledger knows why; a gap that no further try can mend is lost until a person asks again. */
async function noted(gapId: string, error: unknown, attemptsMade: number, needs: RepairNeeds): Promise<unknown> {
  const kind = error instanceof Failure ? error.kind : 'retryable';
  if (error instanceof Throttled) {
    return new Throttled(error.code, error.message, Math.max(LEAST_PAUSE_MS, error.retryAfterMs));
  }
  if (kind === 'interrupted') return error;
  const lastError = error instanceof Failure ? `${error.code}: ${error.message}` : 'failed in a way nobody foresaw';
  await needs.ledger.failed(gapId, lastError);
  const isHopeless = kind === 'poison' || kind === 'fatal' || attemptsMade + 1 >= RETRY.attempts;
  if (!isHopeless) return error;
  await needs.ledger.settle(gapId, needs.now(), { state: 'lost', coveredBy: null, lastError });
  // credentials that no longer work stop the ingester; a worker has other work
  return error instanceof Failure && kind === 'fatal' ? new Poison(error.code, error.message) : error;
}
