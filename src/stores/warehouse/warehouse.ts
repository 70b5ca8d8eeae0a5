// The SQL store of a process: a bounded pool, kept fit in the background. Invariants: opening waits for nobody; until the
// schema is what this build knows nothing is read or written; every failure leaves as one of the family (failure.ts).
import { Pool, type QueryResult, type QueryResultRow } from 'pg';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Fatal, Throttled, type Failure } from '../../runtime/errors.ts';
import { every } from '../../runtime/ticker.ts';
import { warehouseFailure } from './failure.ts';
import { migrate, ownMigrations, type Migration } from './migrate.ts';
import { ensureMonth, keepMonths, type TimeTable } from './time-partitions.ts';

export interface WarehouseOptions {
  readonly url: string;
  /** Connections this process opens at most. */
  readonly connections: number;
  readonly tables: readonly TimeTable[];
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: Clock;
  /** Those that came with the build, unless a test says otherwise. */
  readonly migrations?: readonly Migration[];
}

/** A type, not an interface, so that it fits where only plain notes are taken (/readyz). */
export type WarehouseState = {
  readonly answers: boolean;
  /** The schema is what this build knows. */
  readonly ready: boolean;
  /** Number of the newest migration; 0 before it is known. */
  readonly schema: number;
};

const KEEP_MS = 3000;
const KEEP_MONTHS_MS = 3_600_000;
const CONNECT_TIMEOUT_MS = 5000;
/** Of the client's own: a statement_timeout at connect is refused by poolers. */
const QUERY_TIMEOUT_MS = 30_000;
/** Being prepared takes a fraction of a second. */
const PREPARING_MS = 500;

export class Warehouse {
  readonly #options: WarehouseOptions;
  readonly #pool: Pool;
  readonly #stop: () => Promise<void>;
  #state: WarehouseState = { answers: false, ready: false, schema: 0 };
  /** Why it is not ready, told once. */
  #complaint = '';
  #monthsKeptAt = Number.NEGATIVE_INFINITY;

  constructor(options: WarehouseOptions) {
    this.#options = options;
    const { url, connections, clock } = options;
    this.#pool = new Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'throughline',
    });
    // an idle connection that is cut: the next query opens another
    this.#pool.on('error', () => undefined);
    const first = this.keep();
    const ticker = every(KEEP_MS, () => this.keep(), { clock, onError: () => undefined });
    this.#stop = async () => {
      await Promise.all([ticker.stop(), first]);
      await this.#pool.end();
    };
  }

  state(): WarehouseState {
    return this.#state;
  }

  async query<R extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<QueryResult<R>> {
    if (!this.#state.ready) throw this.#notReady();
    try {
      const result = await this.#pool.query<R>(text, [...values]);
      this.#note({ answers: true });
      return result;
    } catch (error) {
      throw this.#judge(error);
    }
  }

  /** `query` is tried again after this when a row's month had no partition. */
  async ensureMonth(table: TimeTable, at: number): Promise<void> {
    try {
      await ensureMonth(this.#pool, table, at);
    } catch (error) {
      throw this.#judge(error);
    }
  }

  /** What the ticker does, now: asks whether it answers, prepares the schema if that is due, keeps the months. */
  async keep(): Promise<void> {
    try {
      if (this.#state.ready) await this.#pool.query('select 1');
      else await this.#prepare();
      this.#note({ answers: true });
      await this.#keepMonths();
      if (this.#complaint !== '') this.#options.log.info('the SQL store answers again');
      this.#complaint = '';
    } catch (error) {
      this.#complain(this.#judge(error));
    }
  }

  close(): Promise<void> {
    return this.#stop();
  }

  async #prepare(): Promise<void> {
    const { log, migrations = ownMigrations() } = this.#options;
    const schema = await migrate(this.#pool, migrations);
    await this.#keepMonths();
    this.#note({ ready: true, schema });
    log.info({ schema }, 'the SQL store is ready');
  }

  async #keepMonths(): Promise<void> {
    const { clock, tables, metrics, log } = this.#options;
    const now = clock.now();
    if (now - this.#monthsKeptAt < KEEP_MONTHS_MS) return;
    const dropped = await keepMonths(this.#pool, tables, now);
    this.#monthsKeptAt = now;
    if (dropped === undefined || dropped.length === 0) return;
    metrics.count('throughline_warehouse_partitions_dropped_total', {}, dropped.length);
    log.info({ dropped }, 'months past their retention were dropped');
  }

  #note(news: Partial<WarehouseState>): void {
    this.#state = { ...this.#state, ...news };
    this.#options.metrics.set('throughline_warehouse_ready', this.#state.answers && this.#state.ready ? 1 : 0);
  }

  #judge(error: unknown): Failure {
    const failure = warehouseFailure(error);
    this.#options.metrics.count('throughline_warehouse_failures_total', { code: failure.code });
    if (failure.code === 'warehouse_away') this.#note({ answers: false });
    // somebody emptied or exchanged the database: it is prepared again
    if (failure.code === 'warehouse_schema') this.#note({ ready: false });
    return failure;
  }

  #complain(failure: Failure): void {
    const complaint = `${failure.code}: ${failure.message}`;
    if (complaint === this.#complaint) return;
    this.#complaint = complaint;
    const level = failure instanceof Fatal ? 'error' : 'warn';
    this.#options.log[level](
      { code: failure.code },
      `${failure.message}; what must be written there waits in its queue`,
    );
  }

  #notReady(): Throttled {
    const why = this.#complaint === '' ? 'is being prepared' : `cannot be used (${this.#complaint})`;
    return new Throttled(
      'warehouse_not_ready',
      `the SQL store ${why}`,
      this.#complaint === '' ? PREPARING_MS : KEEP_MS,
    );
  }
}
