// What ingest holds in memory, and when the source must stop reading. Invariant: paused from the limit, while a partition
// log is full or Redis is nearly full; resumed only at half of the limit, so that it does not flutter.
import type { Metrics } from '../observability/metrics.ts';
import type { KeyedEvent } from './append.ts';

export interface PressureNeeds {
  readonly limits: { readonly maxEvents: number; readonly maxBytes: number };
  readonly onPressure: (paused: boolean) => void;
  readonly metrics: Metrics;
}

export class Pressure {
  private readonly needs: PressureNeeds;
  private readonly full = { log: false, store: false };
  private bytes = 0;
  private paused = false;
  /** Events in memory only: waiting, being appended, or being written to disk. */
  events = 0;

  constructor(needs: PressureNeeds) {
    this.needs = needs;
  }

  take({ raw }: KeyedEvent): void {
    this.events += 1;
    this.bytes += raw.length;
  }

  release(events: readonly KeyedEvent[]): void {
    this.events -= events.length;
    for (const { raw } of events) this.bytes -= raw.length;
  }

  setFull(what: 'log' | 'store', full: boolean): void {
    this.full[what] = full;
    this.feel();
  }

  isStoreFull(): boolean {
    return this.full.store;
  }

  /** 0 to 1, and above: a paused source still delivers what it had read. */
  fill(): number {
    const { maxEvents, maxBytes } = this.needs.limits;
    return Math.max(this.events / maxEvents, this.bytes / maxBytes);
  }

  feel(): void {
    const { metrics } = this.needs;
    metrics.set('throughline_ingest_buffer_events', this.events);
    metrics.set('throughline_ingest_buffer_bytes', this.bytes);
    const fill = this.fill();
    if (fill >= 1 || this.full.log || this.full.store) this.setPaused(true);
    else if (fill <= 0.5) this.setPaused(false);
  }

  private setPaused(paused: boolean): void {
    if (paused === this.paused) return;
    this.paused = paused;
    this.needs.metrics.set('throughline_ingest_paused', paused ? 1 : 0);
    this.needs.onPressure(paused);
  }
}
