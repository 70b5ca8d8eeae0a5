// Our topics on a channel of the platform, kept alive: made when there is none, confirmed, changed, lengthened before its
// 24 h end. Invariants: a channel that fails half-way through is used again, not left behind: a client has 20, and the
// 21st silently replaces the oldest; one subscribing at a time, so that the newest topics are what stays.
import type { Logger } from '../observability/logger.ts';
import { delay, type Clock, type TimerHandle } from '../runtime/clock.ts';
import { Fatal } from '../runtime/errors.ts';
import type { ChannelRecord } from './channel-record.ts';
import { createChannel, subscribe, type Channel, type RejectedTopic } from './channel.ts';
import { createRateCap, delayAfter, isGone, isHopeless } from './reconnect.ts';
import type { Rest } from './rest.ts';

export interface SubscriptionOptions {
  readonly rest: Rest;
  readonly topics: readonly string[];
  readonly record: ChannelRecord;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** The platform no longer knows the channel. */
  readonly onGone: () => void;
  readonly onFatal: (failure: unknown) => void;
}

/** Replicas that evict each other's channels would do so for ever; ten an hour is more than any peace needs. */
const MOST_CHANNELS = 10;
const CHANNELS_WINDOW_MS = 3_600_000;
/** Part of a channel's life after which it is renewed: 19 to 22 h, apart from other replicas, with time for retries. */
const RENEW_AFTER = { least: 0.8, spread: 0.1 };
const NAMED_TOPICS = 20;
const MOST_PERMISSIONS = 10;

export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #cap = createRateCap(MOST_CHANNELS, CHANNELS_WINDOW_MS);
  #topics: readonly string[];
  /** Since when topics that have joined were not heard; a new object for each time some have. */
  #joined: { readonly unheardSince: number } | undefined;
  #channel: Channel | undefined;
  #subscribed = false;
  #underWay: Promise<void> | undefined;
  #rejected = '';
  #failures = 0;
  #timer: TimerHandle | undefined;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#topics = options.topics;
    options.signal.addEventListener('abort', () => options.clock.clearTimeout(this.#timer), { once: true });
  }

  /** The channel there is, unless none. */
  channel(): Channel | undefined {
    return this.#channel;
  }

  /** A channel with the topics on it. */
  async ready(): Promise<Channel> {
    const channel = (this.#channel ??= await this.#create());
    if (!this.#subscribed) await this.#subscribe(channel);
    return channel;
  }

  /** From now on these; those that are new have not been heard since `unheardSince`. */
  follow(topics: readonly string[], unheardSince: number): void {
    this.#topics = topics;
    this.#joined = this.#joined ? { ...this.#joined } : { unheardSince };
    // Whoever is subscribing now finds them when that is done.
    if (this.#subscribed && !this.#underWay) void this.#renew();
  }

  /** Asks at once whether the platform still knows the channel and its topics; that lengthens its life, too. */
  confirm(): void {
    void this.#renew();
  }

  /** The channel is worth nothing any more. */
  drop(): void {
    this.#channel = undefined;
    this.#subscribed = false;
    this.#options.clock.clearTimeout(this.#timer);
  }

  async #create(): Promise<Channel> {
    const { clock, log, rest, signal } = this.#options;
    const waitMs = this.#cap.waitMs(clock.now());
    if (waitMs > 0) {
      log.error(
        { waitMs, channels: MOST_CHANNELS },
        'channels are lost too often: does another process use the same OAuth client?',
      );
      await delay(clock, waitMs, signal);
    }
    const channel = await createChannel(rest, clock, signal);
    // Only what was made counts: an hour of failures must not cost the hour after it.
    this.#cap.take(clock.now());
    return channel;
  }

  /** One at a time: two answers out of order would leave the older topics behind. */
  #subscribe(channel: Channel): Promise<void> {
    const done = (this.#underWay ?? Promise.resolve()).then(() => this.#subscribeNow(channel));
    const settled = done
      .catch(() => undefined)
      .finally(() => {
        if (this.#underWay === settled) this.#underWay = undefined;
      });
    this.#underWay = settled;
    return done;
  }

  async #subscribeNow(channel: Channel): Promise<void> {
    const { random, record, rest, signal } = this.#options;
    const [topics, joined] = [this.#topics, this.#joined];
    const rejected = await subscribe(rest, channel, topics, signal);
    if (channel !== this.#channel || signal.aborted) return;
    record.subscribed(channel.id, topics.length - rejected.length, rejected);
    this.#tellRejected(rejected);
    if (rejected.length === topics.length && record.isLastHope()) throw nothingPermitted(rejected);
    this.#subscribed = true;
    this.#failures = 0;
    if (joined) record.topicsAdded(joined.unheardSince);
    if (joined === this.#joined) this.#joined = undefined;
    const renewAfterMs = channel.lifeMs * (RENEW_AFTER.least + RENEW_AFTER.spread * random());
    this.#renewIn(topics === this.#topics ? renewAfterMs : 0);
  }

  #renewIn(ms: number): void {
    const { clock, signal } = this.#options;
    clock.clearTimeout(this.#timer);
    if (!signal.aborted) this.#timer = clock.setTimeout(() => void this.#renew(), ms);
  }

  async #renew(): Promise<void> {
    const channel = this.#channel;
    if (!channel) return;
    try {
      await this.#subscribe(channel);
    } catch (error) {
      if (channel === this.#channel && !this.#options.signal.aborted) this.#renewalFailed(error);
    }
  }

  #renewalFailed(error: unknown): void {
    const { log, onFatal, onGone, random } = this.#options;
    if (isHopeless(error)) return onFatal(error);
    if (isGone(error)) return onGone();
    const waitMs = delayAfter(error, this.#failures, random);
    this.#failures += 1;
    log.warn({ err: error, waitMs }, 'the channel could not be renewed; trying again');
    this.#renewIn(waitMs);
  }

  /** Once for each change: a renewal that finds the same is no news. */
  #tellRejected(rejected: readonly RejectedTopic[]): void {
    const names = rejected.map(({ topic }) => topic).join(',');
    if (names === this.#rejected) return;
    this.#rejected = names;
    if (rejected.length === 0) return;
    const details = { count: rejected.length, topics: rejected.slice(0, NAMED_TOPICS), advice: advice(rejected) };
    this.#options.log.warn(details, 'the platform rejected topics: nothing is heard from these');
  }
}

function nothingPermitted(rejected: readonly RejectedTopic[]): Fatal {
  return new Fatal(
    'no_topics_permitted',
    `the platform rejected all ${rejected.length} topics (first: ${rejected[0]?.topic}, ${rejected[0]?.reason}). ` +
      advice(rejected),
  );
}

function advice(rejected: readonly RejectedTopic[]): string {
  const permissions = [...new Set(rejected.flatMap(({ missingPermissions }) => missingPermissions))];
  const isElseWrong = rejected.some(({ missingPermissions }) => missingPermissions.length === 0);
  return [
    ...(permissions.length > 0 ? [grant(permissions.slice(0, MOST_PERMISSIONS))] : []),
    ...(isElseWrong ? [CHECK_IDS] : []),
  ].join('. ');
}

const grant = (permissions: readonly string[]): string =>
  `Grant ${permissions.join(', ')} to a role of the OAuth client, in the divisions of these queues and users`;

const CHECK_IDS =
  'Check the ids in THROUGHLINE_GENESYS_QUEUES and THROUGHLINE_GENESYS_USERS, and the divisions that the roles of the ' +
  'OAuth client cover';
