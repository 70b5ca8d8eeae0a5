// Offsets that no clock can have: the utterance then counts by its event's own time.
import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../../src/genesys/codec/decode.ts';

const frame = (offsetMs: number): string =>
  JSON.stringify({
    topicName: 'v2.conversations.fa3bf94e-81ec-51c3-aa2f-aa0d347357d6.transcription',
    eventBody: {
      conversationId: 'fa3bf94e-81ec-51c3-aa2f-aa0d347357d6',
      eventTime: '2026-03-02T14:00:00.000Z',
      transcriptionStartTimeMs: 1_772_460_000_000,
      transcripts: [{ alternatives: [{ offsetMs, durationMs: 100 }] }],
    },
  });
const lastUtteranceAt = (offsetMs: number): number | undefined => {
  const decoded = decodeFrame(frame(offsetMs), 1);
  return decoded.kind === 'observation' ? decoded.observation.transcription?.lastUtteranceAt : undefined;
};

describe('the time of an utterance', () => {
  it('is the start plus its offset and length', () => {
    expect(lastUtteranceAt(500)).toBe(1_772_460_000_600);
  });

  it.each([253_402_300_799_000, -1e15])('an offset of %d is no time: the event’s own counts', (offsetMs) => {
    expect(lastUtteranceAt(offsetMs)).toBe(Date.parse('2026-03-02T14:00:00.000Z'));
  });
});
