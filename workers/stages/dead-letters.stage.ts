// The dead letters' own stage: the first pass parks a letter where people see it; a retry puts it back to work.
import type { Appender } from '../../src/partitions/append.ts';
import { routeEvent } from '../../src/envelopes/event.ts';
import type { DeadLetter } from '../../src/runtime/dead-letters.ts';
import { Poison } from '../../src/runtime/errors.ts';
import type { PartitionHandler } from '../../src/runtime/partition-handler.ts';
import type { Seal } from '../../src/runtime/seal.ts';
import { done, type MessageStage, type Outcome } from '../../src/runtime/stage.ts';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';

interface Needs {
  readonly appender: Appender;
  readonly seal: Seal;
  /** Of the stage on the partition log; throws Poison for what it cannot read. */
  readonly decode: PartitionHandler<unknown, unknown>['decode'];
  /** Puts a record back into the buffer it fell out of. */
  readonly restoreRecord: (stage: string, json: string, receivedAt: number) => Promise<void>;
}

export const deadLettersStage: MessageStage<DeadLetter, Needs> = {
  kind: 'message',
  name: 'dead-letters',
  does: 'Keeps what was set aside in sight; a retry replays it through its partition or buffer.',
  from: deadLettersQueue.name,
  to: {
    partitions: 'partition log',
    crm: 'sync-crm',
    conversation: 'update-conversation',
    webhooks: 'deliver-webhooks',
  },
  // one attempt: it fails into sight at once, and again if its replay cannot be done
  retry: { attempts: 1, initialMs: 1000, maxMs: 1000 },
  timeoutMs: 10_000,
  concurrency: 8,
  handle: async (letter, { attemptsMade }, needs) => {
    if (attemptsMade === 0) throw new Poison(letter.code, letter.message);
    return replay(letter, needs);
  },
};

async function replay({ stage, sealed, receivedAt, eventId }: DeadLetter, needs: Needs): Promise<Outcome> {
  if (sealed === undefined) {
    throw new Poison('not_replayable', 'its content was too large to keep: read the conversation from the platform');
  }
  const raw = needs.seal.unseal(sealed);
  if (stage !== 'conversations') {
    await needs.restoreRecord(stage, raw, receivedAt);
    return done();
  }
  // what still cannot be read stays this letter: on the log it would count as poison, and a bulk retry pause the partition
  const decoded = needs.decode({ id: eventId, raw, receivedAt });
  if (decoded.kind === 'set-aside') throw new Poison(decoded.why.code, decoded.why.message);
  const route = routeEvent(raw);
  if (route.kind !== 'control') await needs.appender.append([{ key: route.key, raw, receivedAt }]);
  return done();
}
