// `throughline.clock.{id}`: our own frame, that the hour has come at which a promise to a conversation can move by itself.
// It travels the log among the platform's frames, so that it is judged in order, once, by the same commit. Invariant: the
// hour is when the frame was received, never what a text says: one that is forged tells nothing that is not so.
import { z } from 'zod';
import type { Observation } from '../../domain/observation.ts';
import { id, parseBody } from './fields.ts';
import { CLOCK } from './topics.ts';

const clock = z.object({ id });

export const clockFrame = (conversationId: string): string =>
  JSON.stringify({ topicName: `${CLOCK}${conversationId}`, eventBody: { id: conversationId } });

export function decodeClock(body: unknown, receivedAt: number): Observation {
  return { conversationId: parseBody(clock, body).id, source: 'clock', receivedAt, participants: [] };
}
