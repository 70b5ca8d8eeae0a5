// Drain: one owner works through one partition until it is empty, its time is up, or somebody else has taken it.
//   claim → (read → decode → load → apply → dead letters → commit → relay)* → linger → release | yield
// Invariant: everything held in memory belongs to this claim; after a fenced commit it is dropped unread.
import type { Redis } from 'ioredis';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Clock } from '../runtime/clock.ts';
import type { PartitionHandler, SetAsideEvent } from '../runtime/partition-handler.ts';
import type { OnStep } from '../runtime/steps.ts';
import type { PartitionKeys } from '../stores/redis/keys.ts';
import type { LogEntry } from './log-entry.ts';
import type { Attendance } from './attendance.ts';
import { applyOneByOne, killersAmong } from './isolate.ts';
import { claim, commit, pause, READ_ENTRIES, readAfter, release, type Ownership } from './protocol.ts';
import type { Relay } from './relay.ts';
import type { Doorbell, Waker } from './wake.ts';
import { BatchWork, entriesToTake, lastCursor } from './work.ts';

/** What a read should bring, judged by the last one: larger batches outlive young garbage and cost more than they save. */
const READ_CHARS = 2_500_000;
/** States kept between the batches of one drain; past it they are read again. */
const MAX_CACHED_STATES = 5000;
/** A lost bell costs this much; the sweep would cost a second or two. */
const BELL_POLL_MS = 100;

export interface DeadLetterBox {
  /** Idempotent by event id: called before the commit that moves past these events. */
  addEvents(partition: number, events: readonly SetAsideEvent[]): Promise<void>;
}

export interface DrainNeeds<E, S> {
  readonly redis: Redis;
  readonly keys: PartitionKeys;
  readonly partition: number;
  readonly handler: PartitionHandler<E, S>;
  readonly relay: Relay;
  readonly deadLetters: DeadLetterBox;
  readonly doorbell: Doorbell;
  readonly waker: Waker;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: Clock;
  readonly onStep?: OnStep | undefined;
  /** Who this process is, and what it knows of the others' lives. */
  readonly attendance: Pick<Attendance, 'worker' | 'isDead'>;
  /** True when this process holds more than its share: the partition is handed on. */
  readonly mustHandOn: () => boolean;
  readonly limits: { readonly yieldMs: number; readonly lingerMs: number; readonly poisonRunLimit: number };
}

/** `undecided`: until it is known whether workers died of an event nobody touches it; the sweep asks again. */
export type DrainEnd = 'empty' | 'paused' | 'released' | 'yielded' | 'fenced' | 'undecided';

export async function drainPartition<E, S>(needs: DrainNeeds<E, S>, signal: AbortSignal): Promise<DrainEnd> {
  const claimed = await claim(needs.redis, needs.keys, needs.attendance.worker);
  needs.metrics.count('throughline_partition_claims_total', { outcome: claimed.kind });
  if (claimed.kind !== 'claimed') return claimed.kind;
  if (claimed.owner.isolateUntil !== undefined) needs.metrics.count('throughline_partition_isolations_total');
  await needs.onStep?.('partition.claimed');
  needs.relay.kick();
  try {
    return await new Drain(needs, claimed.owner, signal).run();
  } finally {
    await needs.relay.settled();
  }
}

interface Read {
  readonly cursor: string;
  /** How often the bell had rung when it was asked for. */
  readonly rings: number;
  readonly wanted: number;
  readonly reply: Promise<LogEntry[]>;
}

class Drain<E, S> {
  private readonly needs: DrainNeeds<E, S>;
  private readonly owner: Ownership;
  private readonly signal: AbortSignal;
  private readonly states = new Map<string, S>();
  private readEntries = 8;
  private ahead: Read | undefined;

  constructor(needs: DrainNeeds<E, S>, owner: Ownership, signal: AbortSignal) {
    this.needs = needs;
    this.owner = owner;
    this.signal = signal;
  }

  async run(): Promise<DrainEnd> {
    const { partition, doorbell, clock, limits, onStep } = this.needs;
    const startedAt = clock.now();
    let lastWorkAt = startedAt;
    for (;;) {
      const { rings, wanted, reply } = this.nextRead();
      const entries = await reply;
      if (entries.length > 0) {
        await onStep?.('partition.read');
        this.readEntries = entriesToRead(entries);
        // Redis answers while this batch is decoded
        if (entries.length === wanted) this.ahead = this.readFrom(lastCursor(entries));
        const end = await this.work(entries);
        if (end !== undefined) return end;
        lastWorkAt = clock.now();
        if (this.signal.aborted || lastWorkAt - startedAt >= limits.yieldMs || this.needs.mustHandOn())
          return this.yield();
        // more may wait than one read holds or one commit takes; of what came after the read the bell tells
        if (entries.length === wanted || this.owner.cursor !== lastCursor(entries)) continue;
      }
      if (this.needs.mustHandOn()) return this.yield();
      const lingerLeft = this.signal.aborted ? 0 : lastWorkAt + limits.lingerMs - clock.now();
      if (lingerLeft > 0) await doorbell.wait(partition, rings, Math.min(lingerLeft, BELL_POLL_MS), this.signal);
      else {
        const end = await this.tryRelease();
        if (end !== undefined) return end;
      }
    }
  }

  /** I4: what was read ahead is used only where the commit has moved the cursor to; otherwise it is dropped. */
  private nextRead(): Read {
    const { ahead } = this;
    this.ahead = undefined;
    return ahead?.cursor === this.owner.cursor ? ahead : this.readFrom(this.owner.cursor);
  }

  private readFrom(cursor: string): Read {
    const { redis, keys, partition, doorbell } = this.needs;
    const rings = doorbell.rings(partition);
    const wanted = this.isIsolating() ? 1 : this.readEntries;
    const reply = readAfter(redis, keys, cursor, wanted);
    // a read that is dropped may fail unheard
    reply.catch(() => undefined);
    return { cursor, rings, wanted, reply };
  }

  /** One batch; an end when the partition is no longer ours to work on. */
  private async work(entries: readonly LogEntry[]): Promise<DrainEnd | undefined> {
    const { handler, metrics } = this.needs;
    const startedAt = performance.now();
    // only between batches: within one, a state may be newer here than in Redis
    if (this.states.size > MAX_CACHED_STATES) this.states.clear();
    const work = new BatchWork(handler, this.states, this.owner.poisonRun);
    const taken = this.isIsolating() ? await this.isolate(work, entries) : await this.applyTogether(work, entries);
    if (typeof taken === 'string') return taken;
    if (taken.length === 0) return this.pauseFlooded();
    const end = await this.commit(work, taken);
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.observe('throughline_stage_duration_seconds', seconds, { stage: handler.name });
    return end;
  }

  private async applyTogether(work: BatchWork<E, S>, entries: readonly LogEntry[]): Promise<readonly LogEntry[]> {
    const decoded = entries.map((entry) => entry.events.map((event) => work.decode(event)));
    const { count } = entriesToTake(decoded, this.owner.poisonRun, this.needs.limits.poisonRunLimit);
    const events = decoded.slice(0, count).flat();
    await this.load(events.flatMap(({ decoded: outcome }) => (outcome.kind === 'apply' ? [outcome.key] : [])));
    for (const event of events) work.apply(event);
    return entries.slice(0, count);
  }

  private isIsolating(): boolean {
    return this.owner.isolateUntil !== undefined;
  }

  private async isolate(work: BatchWork<E, S>, [entry]: readonly LogEntry[]): Promise<LogEntry[] | DrainEnd> {
    const { redis, keys, attendance } = this.needs;
    if (entry === undefined) return [];
    const killers = killersAmong(entry.events, this.owner.touched, (worker) => attendance.isDead(worker));
    if (killers === 'undecided') return killers;
    const load = (wanted: readonly string[]): Promise<void> => this.load(wanted);
    const needs = { redis, keys, killers, owner: this.owner, work, load };
    return (await applyOneByOne(needs, entry.events)) ? [entry] : 'fenced';
  }

  private async commit(work: BatchWork<E, S>, taken: readonly LogEntry[]): Promise<DrainEnd | undefined> {
    const { redis, keys, partition, deadLetters, metrics, relay, onStep } = this.needs;
    await onStep?.('partition.applied');
    if (work.setAside.length > 0) {
      await deadLetters.addEvents(partition, work.setAside);
      await onStep?.('partition.set-aside');
    }
    const applied = await commit(redis, keys, this.owner, work.request(lastCursor(taken)));
    metrics.count('throughline_partition_commits_total', { outcome: applied ? 'applied' : 'fenced' });
    if (!applied) return 'fenced';
    await onStep?.('partition.committed');
    relay.kick();
    this.measure(work);
    return undefined;
  }

  private measure(work: BatchWork<E, S>): void {
    const { clock, metrics, handler, log, partition } = this.needs;
    const now = clock.now();
    for (const receivedAt of work.receivedAt) {
      metrics.observe('throughline_event_to_commit_seconds', Math.max(0, now - receivedAt) / 1000);
    }
    const done = work.receivedAt.length - work.setAside.length;
    if (done > 0) {
      metrics.count('throughline_stage_messages_total', { stage: handler.name, outcome: 'done', code: '' }, done);
    }
    for (const { event, why } of work.setAside) {
      metrics.count('throughline_stage_messages_total', { stage: handler.name, outcome: 'poison', code: why.code });
      log.warn({ stage: handler.name, partition, eventId: event.id, code: why.code }, why.message);
    }
  }

  private async load(wanted: readonly string[]): Promise<void> {
    const { redis, keys, handler } = this.needs;
    const missing = [...new Set(wanted)].filter((key) => !this.states.has(key));
    if (missing.length === 0) return;
    const found = await redis.mget(missing.map((key) => keys.state(key)));
    for (const [index, key] of missing.entries()) {
      const json = found[index];
      if (typeof json === 'string') this.states.set(key, handler.parseState(json));
    }
  }

  private async pauseFlooded(): Promise<DrainEnd> {
    const { redis, keys, log, partition } = this.needs;
    const paused = await pause(redis, keys, this.owner, 'poison_flood');
    if (paused) log.error({ partition, code: 'poison_flood' }, 'partition paused: too many poison events in a row');
    return paused ? 'paused' : 'fenced';
  }

  private async tryRelease(): Promise<DrainEnd | undefined> {
    const { redis, keys, relay } = this.needs;
    await relay.settled();
    const released = await release(redis, keys, this.owner);
    if (released === 'busy') relay.kick();
    if (released === 'released') await this.needs.onStep?.('partition.released');
    return released === 'busy' ? undefined : released;
  }

  private async yield(): Promise<DrainEnd> {
    await this.needs.waker.wake(this.needs.partition, 'yield');
    await this.needs.onStep?.('partition.yielded');
    return 'yielded';
  }
}

function entriesToRead(last: readonly LogEntry[]): number {
  let chars = 0;
  for (const { events } of last) for (const { raw } of events) chars += raw.length;
  return Math.min(READ_ENTRIES, Math.max(1, Math.floor((READ_CHARS * last.length) / (chars + 1))));
}
