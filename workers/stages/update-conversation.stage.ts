// Tells a conversation of its own moves: one update a conversation on its way at a time, later ones wait and fold into
// one. Invariant: an older update never undoes a newer one; what a person must put right is a dead letter at once.
import { conversationUpdateSchema, type ConversationUpdate } from '../../src/domain/conversation-update.ts';
import type { Config } from '../../src/config/entries.ts';
import type { Metrics } from '../../src/observability/metrics.ts';
import { Failure } from '../../src/runtime/errors.ts';
import type { BatchStage, RecordVerdict } from '../../src/runtime/stage.ts';
import { updateConversation, type ConversationTarget } from '../../src/sinks/conversation/target.ts';
import { updateConversationQueue } from '../../queues/update-conversation.queue.ts';

export interface UpdateConversationNeeds {
  readonly target: ConversationTarget;
  readonly metrics: Metrics;
}

type Settings = Pick<Config, 'conversationUpdateMaxConflicts'>;

/** 100 tries of up to a minute: a target that is down for an hour and a half costs no update. */
const RETRY = { attempts: 100, initialMs: 500, maxMs: 60_000 };
/** A read and a write each for a handful of conflicts, at a target that takes seconds. */
const TIMEOUT_MS = 60_000;
/** An update that met too many conflicts comes round again after this. */
const ROUND_MS = 1000;

export const updateConversationStage = ({
  conversationUpdateMaxConflicts: maxConflicts,
}: Settings): BatchStage<ConversationUpdate, UpdateConversationNeeds> => ({
  kind: 'batch',
  name: 'update-conversation',
  does: 'Writes what a move says onto the conversation itself, merged with what others wrote there.',
  from: updateConversationQueue.name,
  to: { conversation: 'the conversation’s custom attributes or HTTP resource' },
  retry: RETRY,
  timeoutMs: TIMEOUT_MS,
  concurrency: 10,
  // one conversation a batch: it is sent at once, and its troubles are nobody else's
  batch: { maxItems: 1, maxBytes: 65_536, intervalMs: ROUND_MS },
  parse: (json) => conversationUpdateSchema.parse(JSON.parse(json)),
  // our own commit wrote it: it is checked once, when it is sent
  identify: (payload) => JSON.parse(payload) as ConversationUpdate,
  handleBatch: (updates, { signal }, needs) =>
    Promise.all(updates.map((update) => tell(update, maxConflicts, signal, needs))),
});

async function tell(
  { conversationId, fields }: ConversationUpdate,
  maxConflicts: number,
  signal: AbortSignal,
  { target, metrics }: UpdateConversationNeeds,
): Promise<RecordVerdict> {
  const labels = { target: target.kind };
  let conflicts = 0;
  const onConflict = (): void => {
    conflicts += 1;
    metrics.count('throughline_conversation_update_conflicts_total', labels);
  };
  try {
    const outcome = await updateConversation({ target, maxConflicts, onConflict }, conversationId, fields, signal);
    metrics.count('throughline_conversation_updates_total', { ...labels, outcome });
    if (conflicts > 0) metrics.count('throughline_conversation_update_merges_total', labels);
    return { kind: 'done' };
  } catch (error) {
    const { outcome, verdict } = judge(error);
    metrics.count('throughline_conversation_updates_total', { ...labels, outcome });
    if (verdict === undefined) throw error;
    return verdict;
  }
}

/** Fatal is no reason to end a worker here: its other work does not need this target. */
function judge(error: unknown): { readonly outcome: string; readonly verdict?: RecordVerdict } {
  if (!(error instanceof Failure)) return { outcome: 'failed' };
  const { kind, code, message } = error;
  if (kind === 'conflict') return { outcome: 'conflict', verdict: { kind: 'retry', code, message } };
  if (kind === 'poison' || kind === 'fatal') return { outcome: 'refused', verdict: { kind: 'reject', code, message } };
  return { outcome: 'failed' };
}
