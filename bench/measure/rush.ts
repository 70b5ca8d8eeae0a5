// Who came when in a rush of enrichments: the audit's records beside the emulated platform's ledger. Pure.
import type { LedgerEntry } from '../../src/emulator/driver/ledger.ts';

export interface Enriched {
  readonly conversationId: string;
  readonly outcome: string;
  /** When it was settled, epoch ms. */
  readonly timestamp: number;
}

export interface Judgement {
  readonly injected: number;
  /** Of them, those whom no agent talked to yet. */
  readonly injectedWaiting: number;
  readonly servedBeforeLastWaiting: number;
  readonly waitingDoneSeconds: number;
  readonly droppedAsEnded: number;
  /** Neither enriched nor over. */
  readonly left: number;
}

export function judgeRush(
  ids: ReadonlySet<string>,
  records: readonly Enriched[],
  ledger: readonly LedgerEntry[],
  startedAt: number,
): Judgement {
  const entries = new Map(ledger.map((entry) => [entry.conversationId, entry]));
  const injected = records
    .filter(({ conversationId, outcome }) => ids.has(conversationId) && outcome === 'injected')
    .toSorted((one, other) => one.timestamp - other.timestamp)
    .map(({ conversationId, timestamp }) => ({ conversationId, timestamp, waited: timestamp < servedAt(entries.get(conversationId)) })); // prettier-ignore
  const lastWaiting = injected.findLastIndex(({ waited }) => waited);
  const done = new Set(injected.map(({ conversationId }) => conversationId));
  const rest = [...ids].filter((id) => !done.has(id));
  const droppedAsEnded = rest.filter((id) => entries.get(id)?.ended === true).length;
  return {
    injected: injected.length,
    injectedWaiting: injected.filter(({ waited }) => waited).length,
    servedBeforeLastWaiting: injected.slice(0, lastWaiting + 1).filter(({ waited }) => !waited).length,
    waitingDoneSeconds: ((injected[lastWaiting]?.timestamp ?? startedAt) - startedAt) / 1000,
    droppedAsEnded,
    left: rest.length - droppedAsEnded,
  };
}

/** When an agent first talked to the customer; never, for some. */
function servedAt(entry: LedgerEntry | undefined): number {
  const times = (entry?.participants ?? [])
    .filter(({ purpose, connectedTime }) => purpose === 'agent' && connectedTime !== undefined)
    .map(({ connectedTime = '' }) => Date.parse(connectedTime));
  return Math.min(Infinity, ...times);
}
