// Between a socket and the partition logs: frames wait here for the few milliseconds an append takes.
// Overflow policy: nothing is dropped. Over the limit, with a full partition log, or while Redis is nearly full, the
// source is told to stop reading (TCP then holds the platform back) until there is room again. Invariant: one append at a time, so order is kept even
// when an append fails and is repeated.
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { delay, type Clock } from '../runtime/clock.ts';
import { backoffMs } from '../runtime/retry-policy.ts';
import type { Appender, KeyedEvent } from './append.ts';

/** Bounds one pipeline: 1,000 snapshots of 5 KB are 5 MB. */
const EVENTS_PER_APPEND = 1000;
const RETRY = { attempts: Number.POSITIVE_INFINITY, initialMs: 100, maxMs: 5000 };
const ROOM_CHECK_MS = 250;

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
  readonly onPressure: (paused: boolean) => void;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: Clock;
}

export class IngestBuffer {
  private readonly needs: IngestBufferNeeds;
  private readonly waiting: KeyedEvent[] = [];
  private bytes = 0;
  private paused = false;
  private logFull = false;
  private storeFull = false;
  private flushing: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  constructor(needs: IngestBufferNeeds) {
    this.needs = needs;
  }

  /** Never refuses: a source that was told to pause may still deliver what it had read. */
  offer(event: KeyedEvent): void {
    this.waiting.push(event);
    this.bytes += event.raw.length;
    this.feelPressure();
    this.flushing ??= this.flush().finally(() => {
      this.flushing = undefined;
    });
  }

  /** Of what no partition has yet. */
  oldestReceivedAt(): number | undefined {
    return this.waiting[0]?.receivedAt;
  }

  /** While Redis is nearly full nothing is appended: what memory is left belongs to the commits that free it. */
  setStoreFull(full: boolean): void {
    this.storeFull = full;
    this.feelPressure();
  }

  /** Appends what is left, for at most `ms`; answers with the number of events that could not be appended. */
  async stop(ms: number): Promise<number> {
    await Promise.race([this.flushing, delay(this.needs.clock, ms)]);
    this.stopping.abort();
    return this.waiting.length;
  }

  private async flush(): Promise<void> {
    // at low load: whatever arrived in this turn goes at once; under load: all that came during the last append
    await Promise.resolve();
    let failures = 0;
    let batch: readonly KeyedEvent[] = [];
    while (await this.hasWork()) {
      // after a failure the very same batch: the appender then knows what of it has arrived
      if (failures === 0) batch = this.waiting.slice(0, EVENTS_PER_APPEND);
      const deepest = await this.append(batch);
      if (deepest === undefined) {
        failures += 1;
        await delay(this.needs.clock, backoffMs(RETRY, failures), this.stopping.signal);
        continue;
      }
      failures = 0;
      this.waiting.splice(0, batch.length);
      for (const { raw } of batch) this.bytes -= raw.length;
      this.feelPressure();
      if (deepest >= this.needs.limits.logMaxEntries) await this.waitForRoom();
    }
  }

  /** Waits while Redis is nearly full; false when there is nothing (more) to append. */
  private async hasWork(): Promise<boolean> {
    const { signal } = this.stopping;
    while (this.storeFull && !signal.aborted) await delay(this.needs.clock, ROOM_CHECK_MS, signal);
    return this.waiting.length > 0 && !signal.aborted;
  }

  /** Undefined when it failed: the same events are appended again, a copy changes nothing. */
  private async append(batch: readonly KeyedEvent[]): Promise<number | undefined> {
    const startedAt = performance.now();
    try {
      const { deepest } = await this.needs.appender.append(batch);
      this.needs.metrics.observe('throughline_ingest_append_seconds', (performance.now() - startedAt) / 1000);
      return deepest;
    } catch (error) {
      this.needs.log.error(
        { err: error, events: this.waiting.length },
        'append failed; the events are kept and sent again',
      );
      this.needs.metrics.count('throughline_ingest_refused_total', { reason: 'append_failed' });
      return undefined;
    }
  }

  private async waitForRoom(): Promise<void> {
    const { deepestLog, limits, log, clock } = this.needs;
    this.logFull = true;
    this.feelPressure();
    log.warn({ limit: limits.logMaxEntries }, 'a partition log is full: ingest waits for the workers');
    while (!this.stopping.signal.aborted) {
      await delay(clock, ROOM_CHECK_MS, this.stopping.signal);
      const deepest = await deepestLog().catch(() => Number.POSITIVE_INFINITY);
      if (deepest < limits.logMaxEntries / 2) break;
    }
    this.logFull = false;
    this.feelPressure();
  }

  private feelPressure(): void {
    const { limits, metrics } = this.needs;
    metrics.set('throughline_ingest_buffer_events', this.waiting.length);
    metrics.set('throughline_ingest_buffer_bytes', this.bytes);
    const fill = Math.max(this.waiting.length / limits.maxEvents, this.bytes / limits.maxBytes);
    if (fill >= 1 || this.logFull || this.storeFull) this.setPaused(true);
    else if (fill <= 0.5) this.setPaused(false);
  }

  private setPaused(paused: boolean): void {
    if (paused === this.paused) return;
    this.paused = paused;
    this.needs.metrics.set('throughline_ingest_paused', paused ? 1 : 0);
    this.needs.onPressure(paused);
  }
}
