// Makes conversations happen at a rate, on a timeline, and keeps the account of them.
// Invariant: same seed, epoch and requests give the same frames, byte for byte.
import type { ContactCentre } from '../centre/centre.ts';
import type { RoutedMedia } from '../centre/roster.ts';
import { hold, unhold } from '../conversation/legs.ts';
import { communicationOf, type LiveConversation } from '../conversation/live-conversation.ts';
import type { Participant } from '../conversation/snapshot.ts';
import { createIds } from '../ids.ts';
import { createRandom, seedOf } from '../random.ts';
import { createArrivals } from './arrivals.ts';
import { createContactDesk, type ContactDesk } from './contact-desk.ts';
import { createJourneys, type Journeys } from './journeys.ts';
import { createLedger, entryOf, type LedgerEntry } from './ledger.ts';
import { createPerformances, type PerformanceCounts, type Performances } from './performance.ts';
import { createPopulation, type Population } from './population.ts';
import { createTeller, type Publisher, type Teller } from './teller.ts';
import { Threads } from './threads.ts';
import type { Timeline } from './timeline.ts';

export interface DriverOptions {
  readonly seed: number;
  /** Part of every conversation's ids: a restart (another epoch) tells the same story of new conversations. */
  readonly epoch: number;
  readonly conversationsPerMinute: number;
  /** How many times faster than life conversations pass; the rate of arrivals is not touched by it. */
  readonly speed: number;
  readonly timeline: Timeline;
  readonly centre: ContactCentre;
  readonly publisher: Publisher;
  /** How long a conversation in which nothing more happens can still be read. */
  readonly graceMs?: number;
  readonly maxLedgerEntries?: number;
}

export interface DriverStatus extends PerformanceCounts {
  readonly conversationsPerMinute: number;
  readonly speed: number;
  readonly live: number;
  readonly ended: number;
  /** Ended, and after-call work and receipts done too. */
  readonly settled: number;
  /** Snapshots that concerned somebody. */
  readonly changes: number;
}

export interface LedgerReport {
  /** Settled conversations dropped to stay within bounds. */
  readonly forgotten: number;
  readonly conversations: readonly LedgerEntry[];
}

export interface Driver {
  /** Starts conversations now; their ids. Fewer than `count` when too many are live. */
  start(count: number, media?: RoutedMedia): readonly string[];
  setRate(conversationsPerMinute: number): void;
  /** Customers whose conversations follow a scenario file. */
  readonly journeys: Journeys;
  find(conversationId: string): LiveConversation | undefined;
  /** Those that can be read: the live ones, then the settled ones. */
  all(): readonly LiveConversation[];
  /** The written conversation that holds a message. */
  findByMessage(messageId: string): LiveConversation | undefined;
  /** An id for what a request makes. */
  readonly newId: () => string;
  /** ISO time of the timeline. */
  readonly now: () => string;
  /** Merges attributes a moment later, as the platform does, and tells it. */
  mergeAttributes(conversation: LiveConversation, participantId: string, attributes: Record<string, string>): void;
  /** The next `times` merges never happen, though they were accepted. */
  loseAttributes(times: number): void;
  readonly contacts: ContactDesk;
  /** Holds or mutes a participant, or lets go again, and tells it. */
  alter(conversation: LiveConversation, participant: Participant, change: Alteration): void;
  /** Ends a conversation at once; one that is over stays as it is. */
  disconnect(conversation: LiveConversation): void;
  readonly threads: Threads;
  ledger(): LedgerReport;
  status(): DriverStatus;
}

export interface Alteration {
  readonly held?: boolean | undefined;
  readonly muted?: boolean | undefined;
}

/** Repairs of the stream come minutes late, and the platform itself keeps what is over for months. */
const GRACE_MS = 900_000;
const MAX_LEDGER_ENTRIES = 20_000;
/** The platform's 202 names no time; this is what a quiet one takes. */
const MERGE_DELAY_MS = 80;

export function createDriver(options: DriverOptions): Driver {
  const { seed, epoch, speed, timeline } = options;
  const now = (): string => new Date(timeline.now()).toISOString();
  const teller = createTeller({ publisher: options.publisher, timeline, run: [seed, epoch] });
  const population = createPopulation(timeline, options.graceMs ?? GRACE_MS);
  const ledger = createLedger(options.maxLedgerEntries ?? MAX_LEDGER_ENTRIES);
  const contacts = createContactDesk(options.centre, teller, now);
  const settle = (conversation: LiveConversation): void => {
    population.settle(conversation);
    ledger.settle(conversation);
    contacts.afterwards(conversation);
  };
  const performances = createPerformances({ ...options, population, teller, settle });
  const threads = new Threads({ seed, epoch, performances, population, teller, now });
  const arrivals = createArrivals(timeline, createRandom(seedOf('arrivals', seed)), () => performances.start());
  arrivals.setRate(options.conversationsPerMinute);

  return {
    start: (count, media) => Array.from({ length: count }, () => performances.start(media)).flat(),
    setRate: (perMinute) => arrivals.setRate(perMinute),
    newId: createIds('request', seed, epoch),
    threads,
    journeys: createJourneys({ ...options, performances }),
    ...lookingIn(population),
    contacts,
    ...changesOnRequest({ timeline, teller, performances, now }),
    ledger: () => ({
      forgotten: ledger.forgotten(),
      conversations: [...ledger.settled(), ...population.live().map((one) => entryOf(one, false))],
    }),
    status: () => ({
      ...performances.counts(),
      ...teller.counts(),
      conversationsPerMinute: arrivals.rate(),
      speed,
      live: population.live().length,
      settled: ledger.count(),
    }),
  };
}

const lookingIn = (population: Population): Pick<Driver, 'find' | 'all' | 'findByMessage'> => ({
  find: (conversationId) => population.find(conversationId),
  all: () => population.all(),
  findByMessage: (messageId) => population.all().find((conversation) => holds(conversation, messageId)),
});

interface Changing {
  readonly timeline: Timeline;
  readonly teller: Teller;
  readonly performances: Performances;
  readonly now: () => string;
}

/** What requests change in a conversation that lives. */
function changesOnRequest(
  changing: Changing,
): Pick<Driver, 'now' | 'mergeAttributes' | 'loseAttributes' | 'alter' | 'disconnect'> {
  const { timeline, teller, performances, now } = changing;
  let losses = 0;
  return {
    now,
    mergeAttributes: (conversation, participantId, attributes) => {
      const merge = (): void => {
        const participant = conversation.snapshot.participants.find(({ id }) => id === participantId);
        Object.assign(participant?.attributes ?? {}, attributes);
        teller.tell(conversation);
      };
      if (losses > 0) losses -= 1;
      else timeline.after(MERGE_DELAY_MS, merge);
    },
    loseAttributes: (times) => (losses = times),
    alter: (conversation, participant, change) => {
      alter(participant, change, now());
      teller.tell(conversation);
    },
    disconnect: (conversation) => performances.cut(conversation),
  };
}

function alter(participant: Participant, { held, muted }: Alteration, at: string): void {
  const communication = communicationOf(participant);
  if (communication === undefined) return;
  if (held === true) hold({ participant, communication }, at);
  if (held === false) unhold({ participant, communication });
  if (muted !== undefined && 'muted' in communication) Object.assign(communication, { muted });
}

const holds = ({ snapshot }: LiveConversation, asked: string): boolean =>
  snapshot.participants.some(({ messages }) => messages?.[0]?.messages.some(({ messageId }) => messageId === asked));
