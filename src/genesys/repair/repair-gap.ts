// The repair of one gap, a turn at a time. What could have missed something is every conversation that was open here, and
// every one that analytics names for the interval; each is read once more and goes through its partition like any frame.
// Invariants: whatever ends a turn, the next goes on where it stood; a gap is repaired only when analytics was asked late
// enough to know all of the interval, and everything known has been read.
import type { Metrics } from '../../observability/metrics.ts';
import { defer, done, skip, type Outcome } from '../../runtime/stage.ts';
import type { Gap } from '../../stores/gaps/gap.ts';
import type { GapLedger } from '../../stores/gaps/ledger.ts';
import { findActive, type FindNeeds } from './find-active.ts';
import type { Reading } from './reading.ts';

export interface RepairNeeds extends FindNeeds {
  readonly ledger: GapLedger;
  /** Conversations that are open here and began by then, in lots. */
  readonly openHere: (begunBy: number) => AsyncIterable<readonly string[]>;
  readonly read: (conversationId: string, signal: AbortSignal) => Promise<Reading>;
  /** Puts a reading into its partition; whether it tells anything new. Undefined when it is too large to be taken. */
  readonly accept: (conversationId: string, frame: string, receivedAt: number) => Promise<boolean | undefined>;
  readonly metrics: Metrics;
  readonly now: () => number;
  readonly settings: { readonly overlapMs: number; readonly settleMs: number };
}

/** Others wait for the same workers. */
const TURN_MS = 20_000;
const READ_TOGETHER = 5;
/** An ingester that said nothing for longer is not there to stand in. */
const LISTENER_FRESH_MS = 5000;
/** Two machines' clocks. */
const CLOCKS_APART_MS = 500;
const LISTENER_WAIT_MS = 2000;

export async function repairGap(gapId: string, signal: AbortSignal, needs: RepairNeeds): Promise<Outcome> {
  const gap = await needs.ledger.find(gapId);
  if (gap === undefined || gap.to === null || gap.state !== 'repairing') return skip('nothing to repair');
  const closed = { ...gap, to: gap.to };
  const listener = await standIn(closed, needs);
  if (listener === 'perhaps') return defer('another ingester may have heard it all', LISTENER_WAIT_MS);
  if (listener !== undefined) return settled(closed, listener.ingester, needs);
  const { settleMs } = needs.settings;
  const startedAt = needs.now();
  const isLate = (gap.askedAt ?? 0) >= closed.to + settleMs;
  if (!isLate && (gap.askedAt === null || startedAt >= closed.to + settleMs)) await ask(closed, signal, needs);
  if (!(await readAll(closed, signal, needs, startedAt + TURN_MS))) return defer('more to read', 0);
  const asked = (await needs.ledger.find(gapId))?.askedAt ?? 0;
  if (asked < closed.to + settleMs) {
    return defer('analytics does not know all of it yet', Math.max(1, closed.to + settleMs - needs.now()));
  }
  return settled(closed, null, needs);
}

type ClosedGap = Gap & { readonly to: number };

/** Another ingester of the same topics whose socket was live all the while: then nothing was missed. */
async function standIn(
  { ingester, feed, from, to }: ClosedGap,
  { ledger, now }: RepairNeeds,
): Promise<{ readonly ingester: string } | 'perhaps' | undefined> {
  let perhaps = false;
  for (const [id, heard] of await ledger.listeners()) {
    const since = heard.wholeSince;
    if (id === ingester || heard.feed !== feed || since === null || since > from - CLOCKS_APART_MS) continue;
    if (heard.wholeUntil >= to + CLOCKS_APART_MS) return { ingester: id };
    // its next frame, a heartbeat at the latest, will tell
    perhaps ||= now() - heard.at < LISTENER_FRESH_MS;
  }
  return perhaps ? 'perhaps' : undefined;
}

/** The interval with overlap, as far back from now as analytics is sure to know. */
async function ask(gap: ClosedGap, signal: AbortSignal, needs: RepairNeeds): Promise<void> {
  const { ledger, settings, now } = needs;
  if (gap.askedAt === null) {
    for await (const ids of needs.openHere(gap.to)) await ledger.know(gap, ids);
  }
  const askedAt = now();
  const interval = { from: gap.from - settings.overlapMs, to: Math.min(gap.to, askedAt - settings.settleMs) };
  if (interval.from < interval.to) await findActive(gap, interval, needs, signal);
  await ledger.asked(gap.id, askedAt);
}

/** False when the turn is over before all is read. */
async function readAll(gap: ClosedGap, signal: AbortSignal, needs: RepairNeeds, until: number): Promise<boolean> {
  for (;;) {
    const ids = await needs.ledger.unread(gap.id, READ_TOGETHER);
    if (ids.length === 0) return true;
    if (needs.now() >= until) return false;
    const outcomes = await Promise.allSettled(ids.map((id) => readOne(gap, id, signal, needs)));
    // what was read counts, whatever befell the others
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

async function readOne(gap: ClosedGap, id: string, signal: AbortSignal, needs: RepairNeeds): Promise<void> {
  const { ledger, metrics, now } = needs;
  const at = now();
  const { kind, frame } = await needs.read(id, signal);
  const news = frame === undefined ? false : await needs.accept(id, frame, at);
  if (news === undefined) {
    metrics.count('throughline_gap_conversations_total', { outcome: 'too_large' });
    await ledger.giveUpOn(gap.id, id, 'a conversation is larger than THROUGHLINE_INGEST_MAX_FRAME_BYTES');
    return;
  }
  metrics.count('throughline_gap_conversations_total', { outcome: kind });
  await ledger.reconciled(gap.id, [id], at, {
    reconciled: 1,
    changed: news ? 1 : 0,
    gone: kind === 'gone' ? 1 : 0,
  });
}

async function settled(gap: ClosedGap, coveredBy: string | null, needs: RepairNeeds): Promise<Outcome> {
  const { ledger, now, metrics } = needs;
  const { known = 0, reconciled = 0 } = (await ledger.find(gap.id)) ?? {};
  const state = reconciled < known ? 'lost' : 'repaired';
  await ledger.settle(gap.id, now(), { state, coveredBy, lastError: null });
  metrics.observe('throughline_gap_repair_seconds', Math.max(0, now() - gap.to) / 1000);
  return done();
}
