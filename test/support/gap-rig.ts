// The product under load while something takes its stream away: what is done to it, and what it is held against at the end.
// The emulator lives several hundred times faster than life, so a second without a socket is minutes of conversations.
import { expect } from 'vitest';
import { conversationStates } from '../../src/stores/conversations/states.ts';
import type { LedgerEntry } from '../../src/emulator/driver/ledger.ts';
import type { Gap } from '../../src/stores/gaps/gap.ts';
import { GapLedger } from '../../src/stores/gaps/ledger.ts';
import type { RunningRole } from '../../workers/roles/foundation.ts';
import { eventually } from './eventually.ts';
import { differences } from './ledger-comparison.ts';
import { startProduct, type Product, type ProductOptions } from './product.ts';

const SETTINGS = {
  // the budget has tests of its own; here it would only take time
  THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE: '60000',
  THROUGHLINE_GAP_SETTLE_SECONDS: '1',
  THROUGHLINE_GAP_OVERLAP_SECONDS: '60',
  THROUGHLINE_GAP_LOOK_BACK_MINUTES: '1',
};
const LIFE_MS = 40_000;
const REPAIR_MS = 40_000;

/** Gaps are recorded and wait. */
export const UNREPAIRED = { THROUGHLINE_GAP_REPAIR: 'off' };

export async function gapRig(options: ProductOptions = {}): Promise<GapRig> {
  const emulator = { heartbeatMs: 200, analytics: { queryLagMs: 300, drift: 2 }, ...options.emulator };
  const product = await startProduct({ speed: 400, ...options, env: { ...SETTINGS, ...options.env }, emulator });
  return new GapRig(product);
}

export class GapRig {
  readonly product: Product;
  readonly ledger: GapLedger;

  constructor(product: Product) {
    this.product = product;
    this.ledger = new GapLedger(product.base.redis, product.base.keys.gaps);
  }

  /** A worker, and an ingester that hears. */
  async begin(): Promise<RunningRole> {
    await this.product.start('worker');
    const ingester = await this.product.start('ingester');
    await this.connected(1);
    return ingester;
  }

  start(conversations: number): void {
    this.product.platform.driver.start(conversations);
  }

  async connected(sockets: number): Promise<void> {
    await eventually(
      'sockets',
      () => this.product.platform.status().sockets,
      (open) => open === sockets,
    );
  }

  async applied(least: number): Promise<void> {
    await eventually(
      'events',
      () => this.product.counted('n:events'),
      (events) => events >= least,
    );
  }

  async control(path: string, body: object = {}): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    expect((await fetch(`${this.product.platform.url}/emulator/${path}`, request)).status).toBe(200);
  }

  /** Of every channel unless told which. */
  cut(channelId?: string): Promise<void> {
    return this.control('sockets/close', { code: 1006, channelId });
  }

  /** How many topics each channel has, by its id. */
  async channels(): Promise<ReadonlyMap<string, number>> {
    const response = await fetch(`${this.product.platform.url}/emulator/channels`);
    const { channels } = (await response.json()) as { channels: { id: string; topics: number }[] };
    return new Map(channels.map(({ id, topics }) => [id, topics]));
  }

  gaps(): Promise<readonly Gap[]> {
    return this.ledger.list(100);
  }

  /** A gap that is over, other than those of the starts. */
  async again(): Promise<void> {
    await eventually(
      'the stream is back',
      async () => (await this.gaps()).filter(({ cause, to }) => cause !== 'start' && to !== null).length,
      (over) => over > 0,
    );
  }

  lifeOver(): Promise<unknown> {
    const settled = (): boolean => this.truth().every((entry) => entry.settled);
    return eventually('life is over', settled, Boolean, LIFE_MS);
  }

  /** The emulator's own account. */
  truth(): readonly LedgerEntry[] {
    return this.product.platform.driver.ledger().conversations;
  }

  wrong(): Promise<string[]> {
    return differences(this.product.base, this.truth());
  }

  /** What differs from the truth once nothing is left to repair. */
  async concluded(gaps: number): Promise<string[]> {
    await this.lifeOver();
    const isOver = (all: readonly Gap[]): boolean =>
      all.length >= gaps && all.every(({ settledAt }) => settledAt !== null);
    await eventually('repaired', () => this.gaps(), isOver, REPAIR_MS);
    return eventually('as the ledger', () => this.wrong(), (list) => list.length === 0, 5000).catch(() => this.wrong()); // prettier-ignore
  }

  /** Without repair: what is missing for good. */
  async unrepaired(): Promise<string[]> {
    await this.lifeOver();
    await eventually(
      'all that was heard is applied',
      () => this.#waiting(),
      (waiting) => waiting === 0,
    );
    return this.wrong();
  }

  /** Conversations of which more changes were applied than there were. */
  async appliedTwice(): Promise<string[]> {
    const { redis, keys, config } = this.product.base;
    const states = await Promise.all(
      this.truth().map(({ conversationId }) => conversationStates(redis, keys, config.partitions).read(conversationId)),
    );
    const changes = new Map(this.truth().map((entry) => [entry.conversationId, entry.changes]));
    return states
      .filter((state) => state !== undefined)
      .filter(({ conversationId, version }) => version > (changes.get(conversationId) ?? 0))
      .map(({ conversationId, version }) => `${conversationId}: ${version} of ${changes.get(conversationId)}`);
  }

  /** Frames that an ingester of this process holds, or that are in a partition's log. */
  async #waiting(): Promise<number> {
    const { redis, keys, config, notes } = this.product.base;
    const { eventsInMemory = 0, spooling = false } = notes.get('ingest')?.() ?? {};
    const logs = Array.from({ length: config.partitions }, (_, partition) => redis.xlen(keys.partition(partition).log));
    return [eventsInMemory, spooling, ...(await Promise.all(logs))].reduce<number>((sum, n) => sum + Number(n), 0);
  }

  /** What was known already changed nothing: no record went out twice or backwards. */
  eachOnce(): void {
    const { outOfOrder, keyReuses, repeated } = this.product.crm.totals();
    expect({ outOfOrder, keyReuses, repeated }).toEqual({ outOfOrder: 0, keyReuses: 0, repeated: 0 });
  }
}
