// Scenario files played out: every frame as the SDK declares it, every journey to its end, what people would recognise
// in it really there, and the pipeline's own reducer content with all of it.
import { describe, expect, it } from 'vitest';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import type { ConversationEvent, Refusal } from '../../../src/domain/conversation/events.ts';
import type { ConversationState } from '../../../src/domain/conversation/state.ts';
import { journeySchema, type Journey } from '../../../src/emulator/scenarios/journey.ts';
import { frameDecoder } from '../../../src/genesys/codec/decode.ts';
import { readScenario, scenarioNames } from '../../../src/simulate/scenario-files.ts';
import { frameProblems } from '../../support/event-schemas.ts';
import { playOut, tellStory, type Story } from './story.ts';

const journeyOf = (name: string): Journey => {
  const read = readScenario(name);
  if (!read.ok) throw new Error(read.problem);
  return read.journey;
};

function played(journey: Journey, seeds: readonly number[]): Story {
  const story = tellStory();
  for (const seed of seeds) story.driver.journeys.start('run', journey, seed);
  playOut(story);
  return story;
}

/** What the pipeline makes of the frames. */
function reduced({ told }: Story) {
  const states = new Map<string, ConversationState>();
  const events: ConversationEvent[] = [];
  const refusals: Refusal[] = [];
  const decode = frameDecoder();
  for (const { frame, at } of told) {
    const decoded = decode(frame, at);
    if (decoded.kind !== 'observation') throw new Error('a frame that no codec reads');
    const { observation } = decoded;
    const reduction = reduce(states.get(observation.conversationId), observation);
    states.set(observation.conversationId, reduction.state);
    events.push(...reduction.events);
    refusals.push(...reduction.refusals);
  }
  return { states: [...states.values()], events, refusals };
}

const SEEDS = [1, 2, 3, 4, 5];

describe.each(scenarioNames())('%s', (name) => {
  const journey = journeyOf(name);

  it('goes by its own name and says what it is', () => {
    expect(journey.name).toBe(name);
    expect(journey.says).toMatch(/^[A-Z].*\.$/);
  });

  it('is played to its end, in frames that the SDK declares', () => {
    const story = played(journey, SEEDS);
    const perMedia = { voice: 0, message: 0, email: 0, callback: 0 };
    for (const { media } of journey.conversations) perMedia[media] += SEEDS.length;
    expect(story.driver.journeys.tally('run')).toEqual({
      started: 5,
      finished: 5,
      refused: 0,
      conversations: perMedia,
    });
    expect(story.driver.status()).toMatchObject({ live: 0, busyAgents: 0 });
    expect([...new Set(story.told.flatMap(({ frame }) => frameProblems(JSON.parse(frame))))]).toEqual([]);
  });

  it('makes sense to the pipeline: every conversation ends, no move is illegal', () => {
    const { states, refusals } = reduced(played(journey, SEEDS));
    expect(states).toHaveLength(journey.conversations.length * SEEDS.length);
    expect(states.filter(({ phase }) => phase !== 'ended')).toEqual([]);
    expect(refusals.filter(({ reason }) => reason === 'illegal' || reason === 'unknown_state')).toEqual([]);
  });

  it('is the same journey for the same seed, another for another', () => {
    const frames = (seed: number) => played(journey, [seed]).told.map(({ frame }) => frame);
    expect(frames(7)).toEqual(frames(7));
    expect(frames(7)).not.toEqual(frames(8));
  });
});

describe('what people would recognise', () => {
  const statesOf = (name: string) => reduced(played(journeyOf(name), [1])).states;
  const agents = ({ participants }: ConversationState) =>
    Object.values(participants).filter(({ purpose }) => purpose === 'agent');
  const movesOf = (name: string) =>
    reduced(played(journeyOf(name), [1])).events.flatMap((event) =>
      event.kind === 'participant.moved' && event.purpose === 'agent' ? [event.to] : [],
    );

  it('a missed call nobody answered, then a callback somebody did', () => {
    const [call, callback] = statesOf('missed-call-and-call-back');
    expect([call?.media, callback?.media]).toEqual(['voice', 'callback']);
    expect(call && agents(call).map(({ state }) => state)).toEqual(['failed']);
    expect(callback && agents(callback).map(({ state }) => state)).toEqual(['left']);
  });

  it('a thread with messages read, delivered only, and never delivered', () => {
    const [thread] = statesOf('message-thread-with-receipts');
    const sent = (thread ? agents(thread) : []).flatMap(({ messages = {} }) => Object.values(messages));
    expect(sent.map(({ status }) => status)).toEqual(['read', 'delivery-success', 'read', 'sent']);
  });

  it('an e-mail parked twice', () => {
    expect(movesOf('email-parked').filter((to) => to === 'held')).toHaveLength(2);
  });

  it('a call that three agents had', () => {
    const [call] = statesOf('transfer-and-consult');
    expect(call && agents(call).filter(({ connectedAt }) => connectedAt !== undefined)).toHaveLength(3);
  });

  it('a caller whom nobody was even offered', () => {
    const [call] = statesOf('abandoned-in-queue');
    expect(call && agents(call)).toEqual([]);
  });

  it('one customer over four channels', () => {
    const { told } = played(journeyOf('one-customer-four-channels'), [1]);
    const contacts = told.flatMap(({ body }) => {
      const { participants } = JSON.parse(body) as { participants: { externalContactId?: string }[] };
      return participants.flatMap(({ externalContactId }) => externalContactId ?? []);
    });
    expect(new Set(contacts).size).toBe(1);
    expect(statesOf('one-customer-four-channels').map(({ media }) => media)).toEqual(['message', 'email', 'voice', 'callback']); // prettier-ignore
  });
});

describe('a file that cannot be played', () => {
  const problemsOf = (media: string, ...steps: readonly object[]): string[] => {
    const parsed = journeySchema.safeParse({ version: 1, name: 'x', says: 'X.', conversations: [{ media, steps }] });
    return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  };
  const queue = { do: 'queue' };
  const answer = { do: 'answer' };
  const hangUp = { do: 'hang-up' };

  it('is told what cannot happen where, all at once', () => {
    expect(problemsOf('voice', queue, { do: 'hold' }, { do: 'park' }, answer, hangUp, { do: 'talk' })).toEqual([
      'conversations.0.steps.1: "hold" cannot happen while it waits in a queue, only while an agent has it',
      'conversations.0.steps.2: "park" does not happen in a voice conversation, only in email',
      'conversations.0.steps.5: "talk" cannot happen after its end, only while an agent has it',
    ]);
    expect(problemsOf('message', queue, { do: 'write', by: 'agent' }, answer, hangUp)).toEqual([
      'conversations.0.steps.1: "write" cannot happen while it waits in a queue, only while an agent has it',
    ]);
    expect(problemsOf('voice', queue, answer)).toEqual([
      'conversations.0.steps.1: the last step must be "hang-up" or "abandon"',
    ]);
  });

  it('is told of a step, a field and a time that do not exist', () => {
    expect(problemsOf('voice', { do: 'teleport' }).join()).toMatch(/steps\.0\.do/);
    expect(problemsOf('voice', queue, { ...answer, second: 3 }, hangUp).join()).toMatch(/steps\.1.*second/);
    expect(problemsOf('voice', queue, { ...answer, seconds: [9, 2] }, hangUp).join()).toMatch(/steps\.1\.seconds/);
  });
});
