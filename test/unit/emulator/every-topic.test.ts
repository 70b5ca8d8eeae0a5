// An hour heard on every topic there is: each frame has the shape the official SDK declares, topics of one medium agree
// with those of all media, detail events and transcripts add up to what the snapshots say, and the product reads all.
import { beforeAll, describe, expect, it } from 'vitest';
import type { ConversationSnapshot, Participant } from '../../../src/emulator/conversation/snapshot.ts';
import { decodeFrame } from '../../../src/genesys/codec/decode.ts';
import { declaredBy, frameProblems } from '../../support/event-schemas.ts';
import { EPOCH, playOut, tellStory, type Story, type Told } from './story.ts';

const SEED = 20_260_303;
const HOUR = 3_600_000;
const DETAIL = 'v2.detail.events.conversation.';

type Fields = Record<string, unknown>;
const bodyOf = ({ body }: Told): Fields => JSON.parse(body) as Fields;
const legOf = ({ calls, messages, emails, callbacks }: Participant) => (calls ?? messages ?? emails ?? callbacks)?.[0];

describe(`an hour heard on every topic, seed ${SEED}`, () => {
  let story: Story;
  let latest: Map<string, ConversationSnapshot>;
  beforeAll(() => {
    story = tellStory({ seed: SEED, conversationsPerMinute: 6 }, () => true);
    story.timeline.runUntil(EPOCH + HOUR);
    story.driver.setRate(0);
    playOut(story);
    const snapshots = story.told.filter(({ topicName }) => topicName.endsWith('.conversations'));
    latest = new Map(
      snapshots.map((one) => [String(bodyOf(one)['id']), bodyOf(one) as unknown as ConversationSnapshot]),
    );
  });
  const on = (part: string): Told[] => story.told.filter(({ topicName }) => topicName.includes(part));
  const details = (event: string): Fields[] =>
    on(DETAIL)
      .filter(({ topicName }) => topicName.endsWith(`.${event}`))
      .map(bodyOf);
  const participants = (purpose: string): Participant[] =>
    [...latest.values()].flatMap((one) => one.participants).filter((one) => one.purpose === purpose);

  it(`sends frames that ${declaredBy} declares, every one, and each with its own correlation id`, () => {
    const problems = story.told.flatMap(({ frame }) => frameProblems(JSON.parse(frame)));
    expect([...new Set(problems)]).toEqual([]);
    const ids = story.told.map(({ frame }) => /"CorrelationId":"([^"]+)"/.exec(frame)?.[1]);
    expect(new Set(ids).size).toBe(story.told.length);
  });

  it('is read by the product, frame by frame', () => {
    const verdicts = story.told.map(({ frame, at }) => decodeFrame(frame, Math.floor(at)).kind);
    expect(new Set(verdicts)).toEqual(new Set(['observation', 'unknown-topic']));
  });

  it('tells each change on the topics of its medium too, flattened', () => {
    const whole = story.told.filter(({ topicName }) => topicName.endsWith('.conversations'));
    const flat = story.told.filter(({ topicName }) => /\.conversations\.\w+$/.test(topicName));
    expect(flat.length).toBe(whole.length);
    flat.forEach((told, n) => {
      const { id, participants: flattened } = bodyOf(told) as { id: string; participants: Fields[] };
      const snapshot = bodyOf(whole[n] ?? told) as unknown as ConversationSnapshot;
      expect(told.topicName.startsWith(`${whole[n]?.topicName ?? ''}.`)).toBe(true);
      expect(id).toBe(snapshot.id);
      expect(flattened.map(essence)).toEqual(snapshot.participants.map(essenceOfSnapshot));
    });
    const suffixes = new Set(flat.map(({ topicName }) => topicName.split('.').at(-1)));
    expect(suffixes).toEqual(new Set(['calls', 'messages', 'emails', 'callbacks']));
  });

  it.each([
    ['customer', 'customer'],
    ['ivr', 'flow'],
    ['acd', 'acd'],
    ['agent', 'user'],
  ])('tells of every %s that they came and went, once, with the times of the snapshot', (purpose, subject) => {
    const all = participants(purpose);
    const came = details(`${subject}.start`).map(({ participantId }) => participantId);
    expect(new Set(came)).toEqual(new Set(all.map(({ id }) => id)));
    expect(came.length).toBe(all.length);
    const went = new Map(details(`${subject}.end`).map((event) => [event['participantId'], event]));
    expect(went.size).toBe(details(`${subject}.end`).length);
    expect(went.size).toBe(all.length);
    for (const one of all) {
      const event = went.get(one.id);
      expect(event?.['eventTime']).toBe(Date.parse(legOf(one)?.disconnectedTime ?? ''));
      expect(event?.['sessionId']).toBe(legOf(one)?.id);
    }
  });

  it('gives durations that lead back to the beginning', () => {
    const ends = new Map(details('user.end').map((event) => [event['participantId'], event]));
    let held = 0;
    for (const agent of participants('agent').filter(({ connectedTime }) => connectedTime !== undefined)) {
      const end = ends.get(agent.id) as Record<string, number>;
      const talked = (end['interactingDurationMs'] ?? 0) + (end['heldDurationMs'] ?? 0);
      expect((end['eventTime'] ?? 0) - talked).toBe(Date.parse(agent.connectedTime ?? ''));
      held += end['heldDurationMs'] ?? 0;
    }
    expect(held).toBeGreaterThan(0);
    const answered = details('acd.end').filter(({ acdOutcome }) => acdOutcome === 'ANSWERED');
    expect(answered.every(({ answeredUserId }) => typeof answeredUserId === 'string')).toBe(true);
    expect(details('acd.end').some(({ acdOutcome }) => acdOutcome === 'ABANDON')).toBe(true);
  });

  it('tells of after-call work when it is over', () => {
    const workers = participants('agent').filter(({ endAcwTime }) => endAcwTime !== undefined);
    for (const event of ['acw', 'wrapup']) {
      const told = new Map(details(event).map((body) => [body['participantId'], body]));
      expect(told.size).toBe(workers.length);
      for (const { id, wrapup, startAcwTime, endAcwTime } of workers) {
        const began = Date.parse(startAcwTime ?? '');
        const ended = Date.parse(endAcwTime ?? '');
        expect(told.get(id)).toMatchObject({
          wrapupCode: wrapup?.code,
          eventTime: ended,
          wrapupDurationMs: ended - began,
        });
      }
    }
  });

  it('tells of attributes that changed after somebody came, all of them', () => {
    const withIntent = participants('customer').filter(({ attributes }) => attributes['ivr.intent'] !== undefined);
    expect(details('attributes').map((event) => event['participantId'])).toEqual(
      expect.arrayContaining(withIntent.map(({ id }) => id)),
    );
    for (const { attributes } of details('attributes')) expect(attributes).toHaveProperty(['crm.accountId']);
  });

  it('transcribes every talk on the phone, from its beginning to after its end', () => {
    const talks = participants('agent').filter(
      ({ calls, connectedTime }) => calls !== undefined && connectedTime !== undefined,
    );
    const frames = on('.transcription').map(bodyOf);
    const word = (frame: Fields): unknown => (frame['status'] as Fields | undefined)?.['status'];
    const count = (status: string): number => frames.filter((frame) => word(frame) === status).length;
    expect(count('SESSION_ONGOING')).toBe(talks.length);
    expect(count('SESSION_ENDED')).toBe(talks.length);
    const utterances = frames.flatMap(({ transcripts }) => (transcripts ?? []) as Fields[]);
    expect(utterances.length).toBeGreaterThan(talks.length);
    expect(new Set(utterances.map(({ utteranceId }) => utteranceId)).size).toBe(utterances.length);
  });

  it('tells of contacts that agents corrected', () => {
    const corrected = on('v2.externalcontacts.').map(bodyOf);
    expect(corrected.length).toBeGreaterThan(10);
    for (const { id, modifyDate, createDate } of corrected) {
      expect(on(String(id)).length).toBeGreaterThan(0);
      expect(String(modifyDate) > String(createDate)).toBe(true);
    }
  });
});

describe('who listens', () => {
  it('changes nothing for the others: the same frames, byte for byte', () => {
    const frames = (hears: (topicName: string) => boolean): string[] => {
      const story = tellStory({ seed: 9, conversationsPerMinute: 30 }, hears);
      story.timeline.runUntil(EPOCH + HOUR / 6);
      return story.told.filter(({ topicName }) => topicName.endsWith('.conversations')).map(({ frame }) => frame);
    };
    const all = frames(() => true);
    expect(all.length).toBeGreaterThan(100);
    expect(frames((topicName) => topicName.endsWith('.conversations'))).toEqual(all);
  });
});

describe('merged contacts', () => {
  it('stand behind a new one, and are told of with it', () => {
    const story = tellStory({}, (topicName) => topicName.startsWith('v2.externalcontacts.'));
    const [one = '', two = '', three = ''] = story.centre.customers.map(({ externalContactId }) => externalContactId);
    const merge = (ids: string[]) => story.driver.contacts.merge(ids);
    const merged = merge([one, two]);
    if (typeof merged === 'string') throw new Error(merged);
    const { id: canonical, mergeSet: changed } = merged;
    expect(changed).toEqual([one, two, canonical]);
    const bodies = story.told.map(bodyOf);
    expect(bodies).toMatchObject([
      { id: one, canonicalContactId: canonical, mergedTo: canonical, mergeSet: changed },
      { id: two, canonicalContactId: canonical, mergedTo: canonical, mergeSet: changed },
      { id: canonical, canonicalContactId: canonical, mergedFrom: [one, two], mergeSet: changed },
    ]);
    expect(story.told.flatMap(({ frame }) => frameProblems(JSON.parse(frame)))).toEqual([]);
    // An ancestor stands for the whole set from now on.
    expect(merge([one, two])).toBe('same');
    expect(merge([one, three])).toMatchObject({ mergeSet: [one, two, canonical, three, expect.any(String)] });
    expect(merge([one, 'nobody'])).toBe('unknown');
  });
});

const FLAT = ['id', 'purpose', 'connectedTime', 'endTime', 'startAcwTime', 'endAcwTime', 'attributes'] as const;

/** What both shapes say of a participant. */
function essence(flat: Fields): Fields {
  const reference = (name: string): unknown => (flat[name] as Fields | undefined)?.['id'];
  return {
    ...Object.fromEntries(FLAT.map((name) => [name, flat[name]])),
    state: flat['state'],
    held: flat['held'],
    userId: reference('user'),
    queueId: reference('queue'),
    externalContactId: reference('externalContact'),
    messages: (flat['messages'] as Fields[] | undefined)?.map((one) => [
      (one['message'] as Fields)['id'],
      one['messageStatus'],
    ]),
  };
}

function essenceOfSnapshot(participant: Participant): Fields {
  const { userId, queueId, externalContactId, messages } = participant;
  return {
    ...Object.fromEntries(FLAT.map((name) => [name, participant[name]])),
    state: legOf(participant)?.state,
    held: legOf(participant)?.held,
    userId,
    queueId,
    externalContactId,
    messages: messages?.[0]?.messages.map(({ messageId, messageStatus }) => [messageId, messageStatus]),
  };
}
