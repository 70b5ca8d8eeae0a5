// Finds a conversation's customer: memory, then Redis, then the CRM. Invariants: what is believed is not asked again; one
// question at a time about one identifier, in a process and (by a lease) among them all; while the CRM is slow or fails
// the last known answer serves, marked stale, and the question goes on behind it; nobody sleeps for a remote.
import type { Metrics } from '../../observability/metrics.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Interrupted, Throttled } from '../../runtime/errors.ts';
import type { AnswerCache, RememberedAnswer } from './cache.ts';
import { identifiersOf, type CustomerLookup, type CustomerSource, type FindOptions, type FoundCustomer, type Freshness, type Identifier } from './customer.ts'; // prettier-ignore
import { createFlights } from './flights.ts';
import type { LookupMapping } from './mapping.ts';

export interface LookupOptions {
  readonly mapping: LookupMapping;
  readonly source: CustomerSource;
  readonly cache: AnswerCache;
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly negativeTtlMs: number;
  /** Of one request to the CRM: a lease outlives it. */
  readonly timeoutMs: number;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly onRedisError: (error: Error) => void;
}

/** A CRM slower than this is slow: whoever has a stale answer at hand takes it. A tenth of the request's time-out. */
const PATIENCE_MS = 500;
/** Another process asks already: by then it has the answer, or lets the next one ask. */
const ELSEWHERE_MS = 250;
/** The lease is given back when the answer is there; it lapses by itself this long after the request must have. */
const LEASE_SLACK_MS = 1000;

interface Answered {
  readonly answer: RememberedAnswer;
  readonly freshness: Freshness;
}

type Result = 'memory' | 'shared' | 'negative' | 'stale' | 'asked' | 'joined' | 'elsewhere';

export function customerLookup(options: LookupOptions): CustomerLookup {
  const { mapping } = options;
  const closing = new AbortController();
  const step = answerer(options, closing.signal);
  return {
    find: async (identity, asked = {}) => {
      for (const identifier of identifiersOf(mapping, identity)) {
        const { answer, freshness } = await step(identifier, asked);
        if (answer.attributes !== null) return { attributes: answer.attributes, freshness } satisfies FoundCustomer;
      }
      return undefined;
    },
    close: () => closing.abort(),
  };
}

type Answerer = (identifier: Identifier, asked: FindOptions) => Promise<Answered>;

function answerer(options: LookupOptions, closing: AbortSignal): Answerer {
  const { cache, clock, metrics } = options;
  const flights = createFlights<Answered>();
  const count = (result: Result): void => metrics.count('throughline_lookup_cache_total', { result });
  const judge = judgeOf(options);
  return async (identifier, { signal, priority = 'live' }) => {
    const key = cache.keyOf(identifier);
    let last = cache.inMemory(key);
    if (last !== undefined && judge(last) === 'cached') {
      count(last.attributes === null ? 'negative' : 'memory');
      return { answer: last, freshness: 'cached' };
    }
    const remember = (answer: RememberedAnswer): void => {
      last = answer;
    };
    const { landed, joined } = flights.join(key, async () => {
      const shared = await cache.shared(key);
      if (shared !== undefined && shared.at >= (last?.at ?? 0)) {
        cache.keep(key, shared);
        remember(shared);
        if (judge(shared) === 'cached') {
          count(shared.attributes === null ? 'negative' : 'shared');
          return { answer: shared, freshness: 'cached' };
        }
      }
      count('asked');
      return askAlone(options, key, () => options.source.ask(identifier, priority, closing));
    });
    if (joined) count('joined');
    const stale = (): Answered | undefined => {
      const answer = last ?? cache.inMemory(key);
      return answer !== undefined && judge(answer) === 'stale' ? { answer, freshness: 'stale' } : undefined;
    };
    const answered = await untilPatienceEnds(landed, stale, clock, signal);
    if (answered.freshness === 'stale') count('stale');
    return answered;
  };
}

type Judgement = 'cached' | 'stale' | 'gone';

function judgeOf({ clock, ttlMs, staleMs, negativeTtlMs }: LookupOptions): (answer: RememberedAnswer) => Judgement {
  return ({ at, attributes }) => {
    const age = clock.now() - at;
    if (age < (attributes === null ? negativeTtlMs : ttlMs)) return 'cached';
    return attributes !== null && age < ttlMs + staleMs ? 'stale' : 'gone';
  };
}

/** @throws Throttled while another process asks the same: its answer is in Redis in a moment. */
async function askAlone(
  options: LookupOptions,
  key: string,
  ask: () => ReturnType<CustomerSource['ask']>,
): Promise<Answered> {
  const { cache, clock, timeoutMs, ttlMs, staleMs, negativeTtlMs, onRedisError, metrics } = options;
  const lease = cache.lease(key, timeoutMs + LEASE_SLACK_MS);
  // without Redis each process asks for itself
  const isOurs = await lease.take().catch((error: Error) => {
    onRedisError(error);
    return true;
  });
  if (!isOurs) {
    metrics.count('throughline_lookup_cache_total', { result: 'elsewhere' satisfies Result });
    throw new Throttled('asked_elsewhere', 'another process asks the CRM for this customer', ELSEWHERE_MS);
  }
  try {
    const attributes = (await ask()) ?? null;
    const answer = { at: clock.now(), attributes };
    await cache.write(key, answer, attributes === null ? negativeTtlMs : ttlMs + staleMs);
    return { answer, freshness: 'fresh' };
  } finally {
    await lease.giveBack().catch(onRedisError);
  }
}

/** The flight's answer; where it fails, or takes longer than patience lasts, the stale one if there is one. */
function untilPatienceEnds(
  landed: Promise<Answered>,
  stale: () => Answered | undefined,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      const answer = stale();
      if (answer !== undefined) settle(() => resolve(answer));
    }, PATIENCE_MS);
    const stop = (): void => settle(() => reject(new Interrupted('the look-up was not waited for')));
    const settle = (how: () => void): void => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      how();
    };
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
    landed.then(
      (answer) => settle(() => resolve(answer)),
      (error: unknown) => {
        const answer = stale();
        settle(() => (answer === undefined ? reject(error) : resolve(answer)));
      },
    );
  });
}
