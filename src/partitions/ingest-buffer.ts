// Between a socket and the partition logs: frames wait here while they are appended; Redis away, in memory, then on disk.
//
//   source ──► waiting ──(Redis is away, half of the memory is used)──► spool ──► append
//                 └──────────(nothing is spooled)───────────────────────────────► append
//
// Overflow policy: nothing is dropped. Over the limits, with a full partition log, or while Redis is nearly full, the
// source is told to stop reading (TCP then holds the platform back) until there is room again. Invariants: one append at a
// time, and while anything is spooled all newer frames go behind it: order is kept; a batch keeps its name wherever it
// waits, so an append that fails, or whose process dies, is repeated without being told twice.
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { delay, type Clock } from '../runtime/clock.ts';
import { backoffMs } from '../runtime/retry-policy.ts';
import type { Appender, KeyedEvent } from './append.ts';
import { batchCutter, type IngestBatch } from './ingest-batch.ts';
import { Pressure } from './pressure.ts';
import type { Spool } from './spool.ts';

const RETRY = { attempts: Number.POSITIVE_INFINITY, initialMs: 100, maxMs: 5000 };
const ROOM_CHECK_MS = 250;
/** Of the memory: the disk has the other half to keep up before the source is paused. */
const SPOOL_FROM = 0.5;
/** While Redis is away: five syncs a second, and as much is lost if this process is killed. */
const SPOOL_EVERY_MS = 200;
/** A disk that failed is not asked again for this long. */
const DISK_PAUSE_MS = 5000;

export interface IngestLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly logMaxEntries: number;
}

export interface IngestBufferNeeds {
  readonly appender: Appender;
  /** Log entries in the fullest partition; asked only while paused for it. */
  readonly deepestLog: () => Promise<number>;
  readonly limits: IngestLimits;
  /** Without one, what memory cannot hold stays with the source. */
  readonly spool?: Spool | undefined;
  readonly onPressure: (paused: boolean) => void;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: Clock;
}

export class IngestBuffer {
  private readonly needs: IngestBufferNeeds;
  private readonly cutBatch = batchCutter();
  private readonly waiting: KeyedEvent[] = [];
  private current: IngestBatch | undefined;
  private readonly pressure: Pressure;
  private away = false;
  private spooledAt = Number.NEGATIVE_INFINITY;
  private diskFailedAt = Number.NEGATIVE_INFINITY;
  private flushing: Promise<void> | undefined;
  private spooling: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  constructor(needs: IngestBufferNeeds) {
    this.needs = needs;
    this.pressure = new Pressure(needs);
    // what an earlier process has left goes before anything that is offered
    if (this.isSpooling()) this.startFlush();
    this.measure();
  }

  /** Never refuses: a source that was told to pause may still deliver what it had read. */
  offer(event: KeyedEvent): void {
    this.waiting.push(event);
    this.pressure.take(event);
    if (this.away) this.startSpool();
    this.pressure.feel();
    this.startFlush();
  }

  /** Of what no partition has yet. */
  oldestReceivedAt(): number | undefined {
    return this.waiting[0]?.receivedAt;
  }

  /** While Redis is nearly full nothing is appended: what memory is left belongs to the commits that free it. */
  setStoreFull(full: boolean): void {
    this.pressure.setFull('store', full);
  }

  /** Where what has been taken is, for whoever asks how this process does. */
  facts(): Readonly<Record<string, number | boolean>> {
    const { chunks, bytes } = this.needs.spool?.size() ?? { chunks: 0, bytes: 0 };
    return { eventsInMemory: this.pressure.events, spooledChunks: chunks, spooledBytes: bytes, spooling: chunks > 0 };
  }

  /** Frames on disk wait for Redis, or for older ones. */
  isSpooling(): boolean {
    return (this.needs.spool?.size().chunks ?? 0) > 0;
  }

  /** Appends what is left, for at most `ms`, then spools it; answers with the number of events that neither took. */
  async stop(ms: number): Promise<number> {
    await Promise.race([this.flushing, delay(this.needs.clock, ms)]);
    this.stopping.abort();
    this.startSpool();
    await this.spooling;
    return this.pressure.events;
  }

  private startFlush(): void {
    this.flushing ??= this.flush().finally(() => {
      this.flushing = undefined;
    });
  }

  private async flush(): Promise<void> {
    // at low load: whatever arrived in this turn goes at once; under load: all that came during the last append
    await Promise.resolve();
    let failures = 0;
    while (await this.hasWork()) {
      // after a failure the very same batch: its name tells what of it has arrived
      this.current ??= await this.nextBatch();
      if (this.current === undefined) break;
      const deepest = await this.append(this.current);
      this.away = deepest === undefined;
      if (deepest === undefined) {
        failures += 1;
        this.startSpool();
        await delay(this.needs.clock, backoffMs(RETRY, failures), this.stopping.signal);
        continue;
      }
      failures = 0;
      await this.settleCurrent();
      if (deepest >= this.needs.limits.logMaxEntries) await this.waitForRoom();
    }
  }

  /** Waits while Redis is nearly full; false when there is nothing (more) to append. */
  private async hasWork(): Promise<boolean> {
    const { signal } = this.stopping;
    while (this.pressure.isStoreFull() && !signal.aborted) await delay(this.needs.clock, ROOM_CHECK_MS, signal);
    const isWork = this.waiting.length > 0 || this.current !== undefined || this.isSpooling() || this.spooling;
    return Boolean(isWork) && !signal.aborted;
  }

  /** The oldest: what is on disk, what is being written there, what waits in memory. */
  private async nextBatch(): Promise<IngestBatch | undefined> {
    const { spool } = this.needs;
    for (;;) {
      const spooled = await spool?.first();
      if (spooled !== undefined) return spooled;
      if (this.spooling === undefined) return this.cutBatch(this.waiting);
      await this.spooling;
    }
  }

  /** Undefined when it failed: the same events are appended again, a copy changes nothing. */
  private async append({ events, name }: IngestBatch): Promise<number | undefined> {
    const startedAt = performance.now();
    try {
      const { deepest } = await this.needs.appender.append(events, name);
      this.needs.metrics.observe('throughline_ingest_append_seconds', (performance.now() - startedAt) / 1000);
      return deepest;
    } catch (error) {
      const { chunks } = this.needs.spool?.size() ?? { chunks: 0 };
      this.needs.log.error(
        { err: error, events: this.pressure.events, spooledChunks: chunks },
        'append failed; the events are kept and sent again',
      );
      this.needs.metrics.count('throughline_ingest_refused_total', { reason: 'append_failed' });
      return undefined;
    }
  }

  private async settleCurrent(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    if (current?.chunk === undefined) {
      this.pressure.release(current?.events ?? []);
    } else {
      await this.needs.spool?.remove(current.chunk);
      if (!this.isSpooling()) this.needs.log.info('the spool is drained: frames go straight to Redis again');
    }
    this.startSpool();
    this.measure();
  }

  private startSpool(): void {
    if (this.spooling !== undefined || !this.mustSpool()) return;
    this.spooling = this.spill().finally(() => {
      this.spooling = undefined;
    });
  }

  private mustSpool(): boolean {
    const { spool, clock } = this.needs;
    const inMemory = this.waiting.length > 0 || (this.current !== undefined && this.current.chunk === undefined);
    if (spool === undefined || !inMemory) return false;
    if (this.stopping.signal.aborted) return true;
    if (!spool.hasRoom() || clock.now() < this.diskFailedAt + DISK_PAUSE_MS) return false;
    const isDue = this.pressure.fill() >= SPOOL_FROM;
    if (!this.away) return isDue && this.isSpooling();
    return isDue || (this.isSpooling() && clock.now() >= this.spooledAt + SPOOL_EVERY_MS);
  }

  /** What is being appended first, as it is the oldest; its copy on disk goes when its append is answered. */
  private async spill(): Promise<void> {
    const { spool, log, clock } = this.needs;
    if (spool === undefined) return;
    while (this.mustSpool()) {
      const head = this.current?.chunk === undefined ? this.current : undefined;
      const batch = head ?? this.cutBatch(this.waiting);
      if (batch === undefined) break;
      if (!this.isSpooling()) log.warn('Redis takes no frames: they go to the spool on disk');
      try {
        await this.toDisk(spool, batch, head !== undefined);
      } catch (error) {
        log.error({ err: error }, 'the spool cannot be written: frames stay in memory, then with their source');
        this.diskFailedAt = clock.now();
        if (head === undefined) this.waiting.unshift(...batch.events);
        break;
      }
      this.measure();
    }
    this.spooledAt = clock.now();
  }

  private async toDisk(spool: Spool, batch: IngestBatch, isHead: boolean): Promise<void> {
    const chunk = await spool.add(batch.name, batch.events);
    // its append was answered meanwhile: it is where it belongs
    if (isHead && this.current !== batch) return spool.remove(chunk);
    batch.chunk = chunk;
    return this.pressure.release(batch.events);
  }

  private async waitForRoom(): Promise<void> {
    const { deepestLog, limits, log, clock } = this.needs;
    this.pressure.setFull('log', true);
    log.warn({ limit: limits.logMaxEntries }, 'a partition log is full: ingest waits for the workers');
    while (!this.stopping.signal.aborted) {
      await delay(clock, ROOM_CHECK_MS, this.stopping.signal);
      const deepest = await deepestLog().catch(() => Number.POSITIVE_INFINITY);
      if (deepest < limits.logMaxEntries / 2) break;
    }
    this.pressure.setFull('log', false);
  }

  private measure(): void {
    const { metrics, spool } = this.needs;
    metrics.set('throughline_ingest_spool_bytes', spool?.size().bytes ?? 0);
    this.pressure.feel();
  }
}
