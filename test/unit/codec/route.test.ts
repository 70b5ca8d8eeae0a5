// Routing: one conversation, one key, however its frames are written; the short way never differs from the long way.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../../src/genesys/codec/decode.ts';
import { routeByHead, routeByParsing, routeFrame } from '../../../src/genesys/codec/route.ts';
import { check } from '../domain/property.ts';
import { CONVERSATION, frame, frames, QUEUE_TOPIC, USER_TOPIC } from './frames.ts';

const keyOf = (raw: string): string | undefined => {
  const route = routeFrame(raw);
  return route.kind === 'event' ? route.key : undefined;
};

describe('routeFrame', () => {
  it('takes heartbeats, pongs and system messages for what they are', () => {
    for (const line of [1, 2, 29, 30]) expect(routeFrame(frames[line - 1] ?? '').kind).toBe('control');
    expect(routeFrame(frame('v2.system.socket_closing', {}))).toEqual({
      kind: 'control',
      topic: 'v2.system.socket_closing',
    });
  });

  it('needs no parsing for any of the sample frames', () => {
    for (const raw of frames) expect(routeByHead(raw)).toEqual(routeByParsing(raw));
  });

  it.each([
    ['user topic', frame(USER_TOPIC, { id: CONVERSATION })],
    ['queue topic', frame(QUEUE_TOPIC, { id: CONVERSATION })],
    ['media topic', frame(`${USER_TOPIC}.messages`, { id: CONVERSATION })],
    ['detail topic', frame(`v2.detail.events.conversation.${CONVERSATION}.flow.outcome`, {})],
    ['transcription', frame(`v2.conversations.${CONVERSATION}.transcription`, {})],
    ['unknown topic of a conversation', frame(`v2.conversations.${CONVERSATION}.weather`, {})],
    ['id last', frame(USER_TOPIC, { participants: [{ id: 'someone' }], id: CONVERSATION })],
    ['body first', JSON.stringify({ eventBody: { id: CONVERSATION }, topicName: USER_TOPIC })],
    [
      'metadata with an id first',
      JSON.stringify({ metadata: { id: 'x' }, topicName: USER_TOPIC, eventBody: { id: CONVERSATION } }),
    ],
    [
      'nested frame first',
      JSON.stringify({ note: frame(QUEUE_TOPIC, { id: 'x' }), topicName: USER_TOPIC, eventBody: { id: CONVERSATION } }),
    ],
    [
      'nested object first',
      JSON.stringify({
        note: JSON.parse(frame(QUEUE_TOPIC, { id: 'x' })) as object,
        topicName: USER_TOPIC,
        eventBody: { id: CONVERSATION },
      }),
    ],
    ['white space', JSON.stringify(JSON.parse(frame(USER_TOPIC, { id: CONVERSATION })), null, 2)],
    ['escaped', `{"topicName":"${USER_TOPIC}","eventBody":{"\\u0069d":"\\u0066a3bf94e-81ec-51c3-aa2f-aa0d347357d6"}}`],
  ])('finds the conversation: %s', (_, raw) => {
    expect(keyOf(raw)).toBe(CONVERSATION);
  });

  it.each([
    ['no id', frame(USER_TOPIC, { participants: [{ id: 'x' }] }), USER_TOPIC],
    ['id of another kind', frame(USER_TOPIC, { id: 7 }), USER_TOPIC],
    ['id that is no id', frame(USER_TOPIC, { id: '__proto__' }), USER_TOPIC],
    ['id without end', frame(USER_TOPIC, { id: 'a'.repeat(65) }), USER_TOPIC],
    ['body of another kind', frame(USER_TOPIC, [{ id: CONVERSATION }]), USER_TOPIC],
    ['unknown topic', frame('v2.users.1.presence', { id: CONVERSATION }), 'v2.users.1.presence'],
    ['longer topic', frame(`${USER_TOPIC}.calls.errors`, { id: CONVERSATION }), `${USER_TOPIC}.calls.errors`],
    ['summaries', frame(`${USER_TOPIC}.summaries`, { id: CONVERSATION }), `${USER_TOPIC}.summaries`],
  ])('still gives a stable key: %s', (_, raw, topic) => {
    expect(routeFrame(raw)).toEqual({ kind: 'event', key: topic, topic });
  });

  it.each(['', '{', 'null', '[]', '{}', '{"topicName":""}', '{"topicName":7}', frame('t'.repeat(257), {})])(
    'keys what has no topic by its text: %#',
    (raw) => {
      const route = routeFrame(raw);
      expect(route).toEqual({ kind: 'event', key: expect.stringMatching(/^text-[0-9a-f]{32}$/) });
      expect(routeFrame(raw)).toEqual(route);
    },
  );

  it('leaves a frame with two ids to the judge, who refuses it', () => {
    const two = `{"topicName":"${USER_TOPIC}","eventBody":{"id":"${CONVERSATION}","id":"another"}}`;
    expect(keyOf(two)).toBe(CONVERSATION);
    expect(() => decodeFrame(two, 1)).toThrow(expect.objectContaining({ code: 'frame_misrouted' }));
  });
});

const topics = fc.oneof(
  fc.constantFrom(USER_TOPIC, QUEUE_TOPIC, `${USER_TOPIC}.calls`, `${QUEUE_TOPIC}.summaries`, 'v2.system.x'),
  fc.constantFrom(
    `v2.detail.events.conversation.${CONVERSATION}.acw`,
    `v2.conversations.${CONVERSATION}.transcription`,
  ),
  fc.constantFrom(
    'channel.metadata',
    'v2.users..conversations',
    'v2.conversations.',
    'v2.detail.events.conversation.a b.c',
  ),
  fc.string({ maxLength: 300 }),
);
const ids = fc.oneof(fc.constantFrom(CONVERSATION, 'a', '', '__proto__'), fc.uuid(), fc.string({ maxLength: 80 }));
/** Values that look like frames, whole and in pieces, as text and as objects. */
const decoys = fc.oneof(
  fc.jsonValue(),
  fc.record({ topicName: topics, eventBody: fc.record({ id: ids }), id: ids }),
  ids.map((id) => `"eventBody":{"id":"${id}"`),
  ids.map((id) => `\\"},{"topicName":"${USER_TOPIC}","eventBody":{"id":"${id}"}`),
);
const shuffledObject = (known: Record<string, fc.Arbitrary<unknown>>) =>
  fc
    .tuple(
      fc.record(known, { requiredKeys: [] }),
      fc.dictionary(fc.constantFrom('a', 'meta', 'Id', 'version', 'note'), decoys),
    )
    .chain(([ours, others]) => {
      const entries = Object.entries({ ...others, ...ours });
      return fc.shuffledSubarray(entries, { minLength: entries.length });
    })
    .map((entries) => Object.fromEntries(entries) as object);

const anyFrame = shuffledObject({
  topicName: topics,
  version: fc.constantFrom('2', 2, '1\\'),
  eventBody: fc.oneof(shuffledObject({ id: ids, participants: fc.array(fc.record({ id: ids })) }), decoys),
});

/** JSON as other writers write it: spaced out, and with some or all letters escaped. */
function write(value: object, space: number, escapeEvery: number): string {
  const text = JSON.stringify(value, null, space);
  if (escapeEvery === 0) return text;
  let letters = 0;
  return text.replaceAll(/(?<!\\)[a-z](?=[^\\]*")/gi, (letter, offset: number) => {
    if (!isInString(text, offset)) return letter;
    letters += 1;
    return letters % escapeEvery === 0 ? `\\u00${letter.charCodeAt(0).toString(16)}` : letter;
  });
}

function isInString(text: string, offset: number): boolean {
  let inside = false;
  for (let index = 0; index < offset; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') inside = !inside;
  }
  return inside;
}

describe('whatever the frame', () => {
  it('goes the same way by its head as by parsing', () => {
    const property = fc.property(anyFrame, fc.nat(3), fc.constantFrom(0, 0, 1, 3, 7), (value, space, escapeEvery) => {
      const raw = write(value, space, escapeEvery);
      expect(JSON.parse(raw)).toEqual(JSON.parse(JSON.stringify(value)));
      const byHead = routeByHead(raw);
      if (byHead !== undefined) expect(byHead).toEqual(routeByParsing(raw));
    });
    check('head and parsing agree', property, 3000);
  });

  it('gives one conversation one key, however written', () => {
    const property = fc.property(
      fc.uuid(),
      decoys,
      fc.nat(3),
      fc.constantFrom(0, 1, 5),
      (id, decoy, space, escapeEvery) => {
        const bodies = [
          { id, note: decoy },
          { note: decoy, id },
          { participants: [{ id: 'x', note: decoy }], id },
        ];
        const wholes = bodies.flatMap((eventBody) => [
          { topicName: USER_TOPIC, version: '2', eventBody },
          { note: decoy, eventBody, topicName: QUEUE_TOPIC },
        ]);
        const keys = wholes.map((whole) => keyOf(write(whole, space, escapeEvery)));
        expect(new Set(keys)).toEqual(new Set([id]));
      },
    );
    check('one key', property, 1000);
  });

  it('never throws, and keeps the key short', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.constantFrom(...frames), fc.nat(400), fc.string()).map(([raw, cut, end]) => raw.slice(0, cut) + end),
    );
    const property = fc.property(texts, (raw) => {
      const route = routeFrame(raw);
      if (route.kind === 'event') expect(route.key.length).toBeLessThanOrEqual(256);
    });
    check('any text', property, 2000);
  });
});
