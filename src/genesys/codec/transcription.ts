// `v2.conversations.{id}.transcription`: utterances, and frames that carry only a status (no `transcripts` at all).
// Invariant: what was said is read for its timing alone and kept nowhere.
import { z } from 'zod';
import { latest } from '../../domain/conversation/facts.ts';
import type { Observation } from '../../domain/observation.ts';
import { durationMs, id, instantOrNone, optionalInstant, parseBody, word } from './fields.ts';

const transcription = z.object({
  conversationId: id,
  eventTime: optionalInstant,
  sessionStartTimeMs: optionalInstant,
  transcriptionStartTimeMs: optionalInstant,
  transcripts: z
    .array(
      z.object({
        alternatives: z
          .array(z.object({ offsetMs: durationMs, durationMs }))
          .max(100)
          .nullish(),
      }),
    )
    .max(1000)
    .nullish(),
  status: z.object({ status: word }).nullish(),
});

type Transcription = z.output<typeof transcription>;

export function decodeTranscription(body: unknown, receivedAt: number): Observation {
  const parsed = parseBody(transcription, body);
  return {
    conversationId: parsed.conversationId,
    source: 'transcription',
    receivedAt,
    eventTime: parsed.eventTime ?? undefined,
    participants: [],
    transcription: {
      lastUtteranceAt: lastUtterance(parsed),
      ended: parsed.status?.status === 'SESSION_ENDED',
    },
  };
}

/** The end of the last utterance, in platform time; the event's own time where the offsets are missing. */
function lastUtterance(parsed: Transcription): number | undefined {
  if (!parsed.transcripts || parsed.transcripts.length === 0) return undefined;
  const start = parsed.transcriptionStartTimeMs ?? parsed.sessionStartTimeMs;
  let last: number | undefined;
  for (const { alternatives } of parsed.transcripts) {
    const best = alternatives?.[0];
    const isTimed = start && best?.offsetMs !== undefined && best.offsetMs !== null;
    last = latest(last, isTimed ? instantOrNone(start + (best.offsetMs ?? 0) + (best.durationMs ?? 0)) : undefined);
  }
  return last ?? parsed.eventTime ?? undefined;
}
