// Stories of conversations for property tests: who comes when, is connected, held, leaves; and the full snapshots that
// a platform would send along the way. Also plain nonsense, for what must hold whatever is observed.
import fc from 'fast-check';
import type { Activity, Observation, ParticipantFacts } from '../../../src/domain/observation.ts';
import { MESSAGE_STATUSES } from '../../../src/domain/observation.ts';
import { at } from './build.ts';

interface Part {
  readonly id: string;
  readonly purpose: string;
  readonly arrives: number;
  readonly answers: number | undefined;
  readonly holds: readonly (readonly [from: number, to: number])[];
  readonly leaves: number | undefined;
  readonly wrapsUpAfter: number | undefined;
}

const seconds = (min: number, max: number) => fc.integer({ min, max });

/** Offsets follow each other, so that times are in the order of life. */
const part = (id: string, purpose: string, arrival: fc.Arbitrary<number>, withHolds: boolean): fc.Arbitrary<Part> =>
  fc
    .record({
      arrives: arrival,
      ring: fc.option(seconds(0, 30), { nil: undefined }),
      gaps: fc.array(fc.tuple(seconds(1, 60), seconds(1, 60)), { maxLength: withHolds ? 3 : 0 }),
      rest: fc.option(seconds(1, 100), { nil: undefined }),
      wrapsUpAfter: fc.option(seconds(1, 60), { nil: undefined }),
    })
    .map(({ arrives, ring, gaps, rest, wrapsUpAfter }) => {
      const answers = ring === undefined ? undefined : arrives + ring;
      let now = answers ?? arrives;
      const holds: [number, number][] = [];
      for (const [talk, hold] of answers === undefined ? [] : gaps) {
        holds.push([now + talk, now + talk + hold]);
        now += talk + hold;
      }
      const leaves = rest === undefined ? undefined : now + rest;
      return {
        id,
        purpose,
        arrives,
        answers,
        holds,
        leaves,
        wrapsUpAfter: purpose === 'agent' ? wrapsUpAfter : undefined,
      };
    });

const answeredAtOnce = (who: Part): Part => ({ ...who, answers: 0 });

const cast = (withHolds: boolean): fc.Arbitrary<Part[]> =>
  fc.tuple(
    // Somebody is there from the start, so that the beginning has a time.
    part('customer-1', 'customer', fc.constant(0), false).map(answeredAtOnce),
    part('customer-2', 'external', seconds(1, 100), false),
    part('queue', 'acd', seconds(0, 50), false),
    part('agent-1', 'agent', seconds(1, 100), withHolds),
    part('agent-2', 'agent', seconds(1, 200), withHolds),
  );

const turningPoints = (who: Part): number[] =>
  [who.arrives, who.answers, ...who.holds.flat(), who.leaves, wrapUpTime(who)].filter((time) => time !== undefined);

const wrapUpTime = ({ answers, leaves, wrapsUpAfter }: Part): number | undefined =>
  answers === undefined || leaves === undefined || wrapsUpAfter === undefined ? undefined : leaves + wrapsUpAfter;

/** What a full snapshot says of somebody at a time: no joining time, and a hold's start only during it. */
function factsAt(who: Part, now: number): ParticipantFacts {
  const reached = (time: number | undefined): number | undefined =>
    time !== undefined && time <= now ? at(time) : undefined;
  const hold = who.holds.find(([from, to]) => from <= now && now < to);
  const endedAt = reached(who.leaves);
  const isConnected = reached(who.answers) !== undefined;
  const activity: Activity = endedAt ? 'ended' : hold ? 'held' : isConnected ? 'connected' : 'alerting';
  const done = wrapUpTime(who);
  const isDone = reached(done) !== undefined;
  const isWrappingUp = done !== undefined && endedAt !== undefined;
  return {
    participantId: who.id,
    purpose: who.purpose,
    media: 'voice',
    queueId: 'queue-1',
    activity,
    connectedAt: reached(who.answers),
    heldSince: activity === 'held' && hold ? at(hold[0]) : undefined,
    endedAt,
    disconnectType: endedAt === undefined ? undefined : 'peer',
    afterCallWork: isWrappingUp
      ? { phase: isDone ? 'complete' : 'pending', startedAt: endedAt, endedAt: reached(done) }
      : undefined,
    wrapUpCode: isDone ? 'sold' : undefined,
    wrapUpAt: reached(done),
  };
}

/** One snapshot at each turn of the story, in order. */
export const story = (options: { readonly holds: boolean }): fc.Arbitrary<Observation[]> =>
  cast(options.holds).map((people) => {
    const times = [...new Set(people.flatMap(turningPoints))].sort((a, b) => a - b);
    return times.map((now) => ({
      conversationId: 'conversation-1',
      source: 'snapshot' as const,
      receivedAt: at(now) + 50,
      participants: people.filter((who) => who.arrives <= now).map((who) => factsAt(who, now)),
    }));
  });

const someTime = fc.option(
  seconds(0, 20).map((second) => at(second)),
  { nil: undefined },
);
const oneOf = <const T>(...values: T[]) => fc.constantFrom(...values);

const anyFacts = (participantId: string): fc.Arbitrary<ParticipantFacts> =>
  fc.record({
    participantId: fc.constant(participantId),
    version: fc.option(fc.nat(5), { nil: undefined }),
    purpose: oneOf('customer', 'agent', 'acd', undefined),
    queueId: oneOf('queue-1', 'queue-2', undefined),
    media: oneOf('voice', 'callback', 'message', 'other', undefined),
    activity: oneOf('scheduled', 'alerting', 'connected', 'held', 'ended', 'unknown', undefined),
    joinedAt: someTime,
    connectedAt: someTime,
    heldSince: someTime,
    endedAt: someTime,
    disconnectType: oneOf('peer', 'client', undefined),
    afterCallWork: fc.option(
      fc.record({ phase: oneOf('pending', 'complete'), startedAt: someTime, endedAt: someTime }),
      {
        nil: undefined,
      },
    ),
    wrapUpCode: oneOf('sold', 'lost', undefined),
    wrapUpAt: someTime,
    messages: fc.array(
      fc.record({
        messageId: oneOf('message-1', 'message-2'),
        direction: oneOf('inbound', 'outbound'),
        status: fc.constantFrom(...MESSAGE_STATUSES),
        sentAt: seconds(0, 20).map((second) => at(second)),
        attachments: fc.nat(2),
        deliveredAt: someTime,
        readAt: someTime,
      }),
      { maxLength: 2 },
    ),
  });

/** Nothing that a platform would say: what must hold for it holds for anything. */
export const nonsense: fc.Arbitrary<Observation> = fc.record({
  conversationId: fc.constant('conversation-1'),
  source: oneOf('snapshot', 'media-snapshot', 'detail', 'transcription', 'envelope'),
  receivedAt: seconds(0, 30).map((second) => at(second)),
  eventTime: someTime,
  participants: fc
    .uniqueArray(oneOf('a', 'b', 'c'), { maxLength: 3 })
    .chain((ids) => fc.tuple(...ids.map((id) => anyFacts(id)))),
  transcription: fc.option(fc.record({ lastUtteranceAt: someTime, ended: fc.boolean() }), { nil: undefined }),
});
