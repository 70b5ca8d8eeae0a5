// A snapshot told again word for word is not read again. Invariant: whatever frames come, in whatever order, the decoder
// with a memory answers as the one without, but for the times of arrival.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, frameDecoder } from '../../../src/genesys/codec/decode.ts';
import { bodyOf } from '../../../src/genesys/codec/repeats.ts';

const USER = 'v2.users.76f7b48f-187c-46ad-883e-b696d444448f.conversations';
const QUEUE = 'v2.routing.queues.4d6bf807-6683-418d-b97a-64b1d59dc89a.conversations';
const CALLS = `${USER}.calls`;

const bodyText = (id: string, state: string): string =>
  JSON.stringify({ id, participants: [{ id: `${id}-p`, purpose: 'customer', calls: [{ state }] }] });
const frame = (topic: string, body: string, tail = ',"metadata":{"CorrelationId":"c-1"}}'): string =>
  `{"topicName":"${topic}","version":"2","eventBody":${body}${tail}`;

const observationOf = (decoded: ReturnType<typeof decodeFrame>) => {
  if (decoded.kind !== 'observation') throw new Error('expected an observation');
  return decoded.observation;
};

describe('a repeated snapshot', () => {
  it('under another topic is the observation read before, received now', () => {
    const decode = frameDecoder();
    const first = observationOf(decode(frame(USER, bodyText('a', 'connected')), 10));
    const second = observationOf(
      decode(frame(QUEUE, bodyText('a', 'connected'), ',"metadata":{"CorrelationId":"c-2"}}'), 20),
    );
    expect(second).toEqual({ ...first, receivedAt: 20 });
    // the same object: it was not read again
    expect(second.participants).toBe(first.participants);
  });

  it('is not taken for one when the body differs, or is read by another codec', () => {
    const decode = frameDecoder();
    const first = observationOf(decode(frame(USER, bodyText('a', 'alerting')), 1));
    const other = observationOf(decode(frame(USER, bodyText('a', 'connected')), 2));
    expect(other.participants).not.toEqual(first.participants);
    const media = observationOf(decode(frame(CALLS, bodyText('a', 'connected')), 3));
    expect(media.source).toBe('media-snapshot');
  });

  it('is read whole where something after the body could change what it means', () => {
    const body = bodyText('a', 'connected');
    const hidden = `,"eventBody":${bodyText('b', 'connected')},"metadata":{"CorrelationId":"c-1"}}`;
    const decode = frameDecoder();
    decode(frame(USER, body), 1);
    expect(() => decode(frame(USER, body, hidden), 2)).toThrow(expect.objectContaining({ code: 'frame_misrouted' }));
    for (const tail of ['}', ',"metadata":{}}', ',"metadata":{"CorrelationId":"x\\"}}', ',"more":1}']) {
      expect(bodyOf(frame(USER, body, tail))).toBeUndefined();
    }
  });

  it('is kept for some hundred conversations, and none that is huge', () => {
    const decode = frameDecoder();
    const first = observationOf(decode(frame(USER, bodyText('a', 'connected')), 1));
    for (let n = 0; n < 128; n += 1) decode(frame(USER, bodyText(`x${n}`, 'connected')), 1);
    const again = observationOf(decode(frame(USER, bodyText('a', 'connected')), 1));
    expect(again).toEqual(first);
    expect(again.participants).not.toBe(first.participants);
    expect(bodyOf(frame(USER, bodyText('a', 'x'.repeat(70_000))))).toBeUndefined();
  });

  it('whatever comes is answered as without a memory', () => {
    const anyFrame = fc
      .record({
        topic: fc.constantFrom(USER, QUEUE, CALLS, 'v2.users.u.presence'),
        id: fc.constantFrom('a', 'b'),
        state: fc.constantFrom('alerting', 'connected', 'disconnected'),
        tail: fc.constantFrom(',"metadata":{"CorrelationId":"c"}}', '}', ',"eventBody":{}}', ',"topicName":"x"}', ''),
      })
      .map(({ topic, id, state, tail }) => frame(topic, bodyText(id, state), tail));
    const answerOf = (read: () => unknown): unknown => {
      try {
        return read();
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 30 }), (frames) => {
        const decode = frameDecoder();
        for (const [at, raw] of frames.entries()) {
          expect(answerOf(() => decode(raw, at))).toEqual(answerOf(() => decodeFrame(raw, at)));
        }
      }),
    );
  });
});
