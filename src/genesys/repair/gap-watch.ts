// The ingester's side of the gap ledger: each interval without a live socket, told when it begins and when it ends, and
// how far everything is known to be whole. Invariants: what could not be told (Redis away) is told later, in order; a
// start continues where anybody last heard something, so that a killed ingester leaves no hole.
import { randomUUID } from 'node:crypto';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { GapLedger } from '../../stores/gaps/ledger.ts';
import type { Gap as StreamGap, StreamState } from '../stream-record.ts';

export interface GapWatchNeeds {
  readonly ledger: GapLedger;
  /** Unique among ingesters, restarts included. */
  readonly ingester: string;
  readonly feed: string;
  /** Received and not yet in its partition: when the oldest such frame came. */
  readonly oldestUnappended: () => number | undefined;
  /** Beginning of the oldest conversation open here; undefined without any. */
  readonly oldestOpen: () => Promise<number | undefined>;
  readonly lookBackMs: number;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

interface OpenGap {
  readonly id: string;
  /** As the stream has it; that of a start continues an older one. */
  readonly streamFrom: number | undefined;
  readonly from: number;
}

type Telling = () => Promise<void>;

/** There is always a first one, and before there are any it stands for all. */
const FIRST_CHANNEL = 0;

export class GapWatch {
  readonly #needs: GapWatchNeeds;
  readonly #untold: Telling[] = [];
  readonly #startFrom: number;
  /** By channel of the stream. */
  readonly #open = new Map<number, OpenGap>();
  #telling: Promise<void> | undefined;
  #wholeSince: number | null = null;
  #wholeUntil: number;

  /** Opens the gap of the start: from the last that anybody heard. */
  static async begin(needs: GapWatchNeeds): Promise<GapWatch> {
    await needs.ledger.forgetListeners(needs.now());
    return new GapWatch(needs, await lastHeard(needs));
  }

  private constructor(needs: GapWatchNeeds, startFrom: number) {
    this.#needs = needs;
    this.#startFrom = startFrom;
    this.#wholeUntil = startFrom;
    this.#begins(FIRST_CHANNEL, undefined, 'start');
  }

  /** Whenever the stream's state changes. */
  noticed({ channels }: StreamState): void {
    for (const { channel, gapSince, gapCause } of channels) {
      if (gapSince !== undefined && !this.#open.has(channel)) this.#begins(channel, gapSince, gapCause);
    }
  }

  /** The stream's report of a gap that is over. */
  ended({ channel, from: streamFrom, to, cause }: StreamGap): void {
    const { ledger, metrics, log } = this.#needs;
    const open = this.#open.get(channel);
    // topics that join an open channel have a gap of their own, over as soon as it is told
    const isKnown = open !== undefined && (open.streamFrom === streamFrom || cause === 'start');
    const { id, from } = isKnown ? open : this.#record(streamFrom, cause);
    if (isKnown) this.#open.delete(channel);
    if (this.#open.size === 0) this.#wholeSince = to;
    const seconds = Math.max(0, to - from) / 1000;
    metrics.count('throughline_gap_seconds_total', { cause }, seconds);
    log.info({ cause, seconds: Math.round(seconds) }, 'a gap is over; its repair is due');
    this.#tell(() => ledger.close(id, to, cause));
  }

  /** Every second or so: how far all is whole. Also tells what could not be told before. */
  async report({ connected, channels }: StreamState): Promise<void> {
    const { ledger, ingester, feed, oldestUnappended, now } = this.#needs;
    const heard = channels.map(({ lastFrameAt, connectedSince }) => lastFrameAt ?? connectedSince ?? 0);
    // what still waits is lost with this process
    const appended = (oldestUnappended() ?? Number.POSITIVE_INFINITY) - 1;
    if (connected) this.#wholeUntil = Math.max(this.#wholeUntil, Math.min(...heard, appended));
    await this.#flush();
    const wholeSince = this.#wholeSince;
    await ledger.heard(ingester, { feed, wholeSince, wholeUntil: this.#wholeUntil, at: now() });
    if (wholeSince !== null) await this.#adopt(wholeSince);
  }

  /** A gap in which its ingester died ends where this one began to hear. */
  async #adopt(wholeSince: number): Promise<void> {
    const { ledger, ingester, feed, now } = this.#needs;
    const gaps = (await ledger.unended()).filter((gap) => gap.feed === feed && gap.ingester !== ingester);
    if (gaps.length === 0) return;
    const listeners = await ledger.listeners();
    const orphans = gaps.filter((gap) => now() - (listeners.get(gap.ingester)?.at ?? 0) > GONE_MS);
    for (const { id, from, cause } of orphans) await ledger.close(id, Math.max(from, wholeSince), cause);
  }

  #begins(channel: number, streamFrom: number | undefined, cause: string): void {
    this.#open.set(channel, this.#record(streamFrom, cause));
    this.#wholeSince = null;
  }

  #record(streamFrom: number | undefined, cause: string): OpenGap {
    const { ledger, ingester, feed } = this.#needs;
    const from = cause === 'start' ? this.#startFrom : (streamFrom ?? this.#startFrom);
    const id = newId();
    this.#tell(() => ledger.open({ id, from, cause, ingester, feed }));
    return { id, streamFrom, from };
  }

  #tell(telling: Telling): void {
    this.#untold.push(telling);
    this.#flush().catch((error: unknown) =>
      this.#needs.log.warn({ err: error }, 'the gap ledger cannot be written; trying again'),
    );
  }

  /** One after another; what fails stays first. */
  async #flush(): Promise<void> {
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined;
    });
    await this.#telling;
  }

  async #tellAll(): Promise<void> {
    for (let next = this.#untold[0]; next !== undefined; next = this.#untold[0]) {
      await next();
      this.#untold.shift();
    }
  }
}

/** Ten missed reports. */
const GONE_MS = 10_000;

const newId = (): string => `${Date.now().toString(36)}-${randomUUID().slice(0, 8)}`;

async function lastHeard({ ledger, feed, oldestOpen, lookBackMs, now }: GapWatchNeeds): Promise<number> {
  const same = [...(await ledger.listeners()).values()].filter((heard) => heard.feed === feed);
  if (same.length > 0) return Math.max(...same.map(({ wholeUntil }) => wholeUntil));
  return (await oldestOpen()) ?? now() - lookBackMs;
}
