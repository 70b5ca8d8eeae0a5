// Decoding: the phase of a participant, what is tolerated, and what is poison and how it is said.
import { describe, expect, it } from 'vitest';
import type { ParticipantFacts } from '../../../src/domain/observation.ts';
import { decodeFrame, POISON_CODES } from '../../../src/genesys/codec/decode.ts';
import { Poison } from '../../../src/runtime/errors.ts';
import { CONVERSATION, frame, snapshotOf, USER_TOPIC } from './frames.ts';

const T = (seconds: number): string => new Date(Date.UTC(2026, 2, 2, 14, 0, seconds)).toISOString();
const ms = (seconds: number): number => Date.parse(T(seconds));

function factsOf(raw: string): ParticipantFacts {
  const decoded = decodeFrame(raw, 1);
  const facts = decoded.kind === 'observation' ? decoded.observation.participants[0] : undefined;
  if (facts === undefined) throw new Error('expected an observation of one participant');
  return facts;
}

function poisonOf(raw: string): Poison {
  try {
    decodeFrame(raw, 1);
  } catch (error) {
    if (error instanceof Poison) return error;
    throw error;
  }
  throw new Error('expected poison');
}

describe('phase: timestamps first, state second', () => {
  it.each([
    ['connected, but its end is known', { state: 'connected', connectedTime: T(1), disconnectedTime: T(9) }, 'ended'],
    ['alerting, but connected since', { state: 'alerting', connectedTime: T(1) }, 'connected'],
    ['unheard of, but connected since', { state: 'teleporting', connectedTime: T(1) }, 'connected'],
    ['unheard of', { state: 'teleporting' }, 'unknown'],
    ['held flag', { state: 'connected', connectedTime: T(1), held: true, startHoldTime: T(5) }, 'held'],
    ['hold time alone', { state: 'connected', connectedTime: T(1), startHoldTime: T(5) }, 'held'],
    ['hold time left over', { state: 'connected', connectedTime: T(1), held: false, startHoldTime: T(5) }, 'connected'],
    ['parked', { state: 'parked', connectedTime: T(1), parkTime: T(5) }, 'held'],
    ['dialing', { state: 'dialing' }, 'alerting'],
    ['terminated, time unknown', { state: 'terminated' }, 'ended'],
    ['none', { state: 'none' }, 'scheduled'],
    ['nothing said', {}, undefined],
  ])('%s', (_, call, activity) => {
    expect(factsOf(snapshotOf({ calls: [call] })).activity).toBe(activity);
  });

  it('lets the participant’s own end decide', () => {
    const facts = factsOf(snapshotOf({ endTime: T(9), calls: [{ state: 'connected', connectedTime: T(1) }] }));
    expect(facts).toMatchObject({ activity: 'ended', endedAt: ms(9) });
  });

  it('lets the most alive communication decide', () => {
    const ended = { state: 'disconnected', connectedTime: T(1), disconnectedTime: T(5), disconnectType: 'peer' };
    const callbacks = [{ state: 'connected', connectedTime: T(3) }];
    const alive = factsOf(snapshotOf({ calls: [ended], callbacks }));
    expect(alive).toMatchObject({ activity: 'connected', connectedAt: ms(1), media: 'callback' });
    expect(alive.endedAt).toBeUndefined();
    expect(alive.disconnectType).toBeUndefined();
    const both = factsOf(
      snapshotOf({ calls: [ended, { ...ended, disconnectedTime: T(8), disconnectType: 'client' }] }),
    );
    expect(both).toMatchObject({ activity: 'ended', endedAt: ms(8), disconnectType: 'client' });
  });

  it('takes the participant’s end while a communication has none', () => {
    const calls = [{ state: 'disconnected', connectedTime: T(1), disconnectedTime: T(5) }, { state: 'disconnected' }];
    expect(factsOf(snapshotOf({ endTime: T(9), calls })).endedAt).toBe(ms(9));
    expect(factsOf(snapshotOf({ calls }))).toMatchObject({ activity: 'ended', endedAt: undefined });
  });

  it('prefers the communications’ end: the participant’s may come after its after-call work', () => {
    const calls = [{ state: 'disconnected', connectedTime: T(1), disconnectedTime: T(5) }];
    expect(factsOf(snapshotOf({ endTime: T(30), calls })).endedAt).toBe(ms(5));
  });

  it.each([
    ['pending', { afterCallWork: { state: 'pending', startTime: T(5) } }, {}, { phase: 'pending', startedAt: ms(5) }],
    [
      'end time before state',
      { afterCallWork: { state: 'pending' } },
      { startAcwTime: T(5), endAcwTime: T(9) },
      { phase: 'complete', startedAt: ms(5), endedAt: ms(9) },
    ],
    [
      'complete by a communication',
      { afterCallWork: { state: 'complete', endTime: T(9) } },
      { startAcwTime: T(5) },
      { phase: 'complete', startedAt: ms(5), endedAt: ms(9) },
    ],
    ['skipped', { afterCallWork: { state: 'skipped' } }, {}, undefined],
  ])('after-call work: %s', (_, leg, person, expected) => {
    const calls = [{ state: 'disconnected', disconnectedTime: T(5), ...leg }];
    expect(factsOf(snapshotOf({ ...person, calls })).afterCallWork).toEqual(expected);
  });

  it('takes no start time for an arrival while a callback is only scheduled', () => {
    const startOf = (state: string) =>
      factsOf(
        frame(`${USER_TOPIC}.callbacks`, { id: CONVERSATION, participants: [{ id: 'p1', state, startTime: T(1) }] }),
      ).joinedAt;
    expect([startOf('scheduled'), startOf('alerting')]).toEqual([undefined, ms(1)]);
    const body = { conversationId: CONVERSATION, participantId: 'p1', eventTime: ms(1) };
    const begin = (mediaType: string) =>
      factsOf(frame(`v2.detail.events.conversation.${CONVERSATION}.acd.start`, { ...body, mediaType })).connectedAt;
    expect([begin('CALLBACK'), begin('VOICE')]).toEqual([undefined, ms(1)]);
  });

  it('reads both shapes of a message, and leaves out one without an id', () => {
    const listed = [
      { messageId: 'm1', messageTime: T(2), messageStatus: 'sent', media: [{}, {}] },
      { messageTime: T(3) },
    ];
    const full = factsOf(snapshotOf({ messages: [{ state: 'connected', messages: listed }] }));
    const flat = {
      id: 'p1',
      purpose: 'agent',
      state: 'connected',
      messages: [{ ...listed[0], messageId: null, message: { id: 'm1' } }],
    };
    const media = factsOf(frame(`${USER_TOPIC}.messages`, { id: CONVERSATION, participants: [flat] }));
    const expected = [{ messageId: 'm1', direction: 'outbound', status: 'sent', sentAt: ms(2), attachments: 2 }];
    expect([full.messages, media.messages]).toEqual([expected, expected]);
  });
});

describe('tolerance', () => {
  it('takes null for absent, drops what it does not know, reads epoch milliseconds too', () => {
    const facts = factsOf(
      snapshotOf({
        userId: null,
        userName: 'x',
        additionalProperties: {},
        calls: [{ state: null, connectedTime: ms(1), odd: [1] }],
        emails: null,
      }),
    );
    expect(facts).toMatchObject({ userId: undefined, activity: 'connected', connectedAt: ms(1) });
  });

  it('takes a snapshot without participants', () => {
    expect(decodeFrame(frame(USER_TOPIC, { id: CONVERSATION }), 7)).toEqual({
      kind: 'observation',
      observation: { conversationId: CONVERSATION, source: 'snapshot', receivedAt: 7, participants: [] },
    });
  });

  it('takes a transcription that has only a status, or utterances without offsets', () => {
    const topic = `v2.conversations.${CONVERSATION}.transcription`;
    const decode = (body: object) =>
      decodeFrame(frame(topic, { conversationId: CONVERSATION, eventTime: T(9), ...body }), 1);
    expect(decode({ status: { status: 'SESSION_ONGOING' } })).toMatchObject({
      observation: { transcription: { ended: false, lastUtteranceAt: undefined } },
    });
    expect(decode({ transcripts: [{ alternatives: [{}] }] })).toMatchObject({
      observation: { transcription: { ended: false, lastUtteranceAt: ms(9) } },
    });
  });

  it.each([
    'v2.users.1.presence',
    `${USER_TOPIC}.summaries`,
    `v2.detail.events.conversation.${CONVERSATION}.flow.outcome`,
  ])('has no use for %s yet', (topic) => {
    expect(decodeFrame(frame(topic, { any: 'thing' }), 1)).toEqual({ kind: 'unknown-topic', topic });
  });
});

describe('poison', () => {
  const secret = 'jane.roe@example.com';
  const detail = (body: object) =>
    frame(`v2.detail.events.conversation.${CONVERSATION}.user.end`, {
      conversationId: CONVERSATION,
      participantId: 'p1',
      eventTime: 1,
      ...body,
    });

  it.each([
    ['not JSON', `{"${secret}`, 'frame_not_json', /not JSON/],
    ['not an object', '"text"', 'frame_without_topic', /topicName/],
    ['no topic', frame(undefined, {}), 'frame_without_topic', /topicName/],
    ['no body', frame(USER_TOPIC, secret), 'frame_invalid', /eventBody: expected an object/],
    ['no id', frame(USER_TOPIC, { participants: [] }), 'snapshot_without_id', /eventBody\.id/],
    ['no id on a media topic', frame(`${USER_TOPIC}.calls`, { id: null }), 'snapshot_without_id', /eventBody\.id/],
    ['an id that is none', frame(USER_TOPIC, { id: secret + ' x' }), 'frame_invalid', /eventBody\.id: expected an id/],
    ['participant without id', snapshotOf({ id: null }), 'frame_invalid', /eventBody\.participants\[0\]\.id/],
    [
      'time that is none',
      snapshotOf({ calls: [{ connectedTime: secret }] }),
      'frame_invalid',
      /participants\[0\]\.calls\[0\]\.connectedTime: expected an ISO 8601 time/,
    ],
    [
      'state of another kind',
      snapshotOf({ calls: [{ state: { secret } }] }),
      'frame_invalid',
      /calls\[0\]\.state: .*expected string/,
    ],
    [
      'too many participants',
      snapshotOf(...Array.from({ length: 501 }, () => ({}))),
      'frame_invalid',
      /participants: .*500/,
    ],
    ['detail without its time', detail({ eventTime: null }), 'frame_invalid', /eventBody\.eventTime/],
    ['detail of another conversation', detail({ conversationId: 'another' }), 'frame_misrouted', /conversationId/],
  ])('%s', (_, raw, code, message) => {
    const poison = poisonOf(raw);
    expect(poison.code).toBe(code);
    expect(POISON_CODES).toContain(code);
    expect(poison.message).toMatch(message);
    expect(`${poison.message} ${String(poison.cause)}`).not.toContain('jane');
  });

  it('names the first problems and counts the rest', () => {
    const { message } = poisonOf(snapshotOf({ calls: Array.from({ length: 9 }, () => ({ held: 'yes' })) }));
    expect(message).toMatch(/calls\[0\]\.held.*; .*calls\[1\]\.held.*; .*calls\[2\]\.held.*; and 6 more$/);
  });
});
