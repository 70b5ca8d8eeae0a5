// `throughline.clock.{id}`: our own frame, that the hour has come at which a promise to a conversation can move by itself.
// It travels the log among the platform's frames, so that it is judged in order, once, by the same commit. Invariant: what
// `clockFrame` writes, `decodeClock` reads.
import { z } from 'zod';
import type { Observation } from '../../domain/observation.ts';
import { id, instant, parseBody } from './fields.ts';
import { CLOCK } from './topics.ts';

const reached = z.object({ id, reachedAt: instant });

export const clockFrame = (conversationId: string, reachedAt: number): string =>
  JSON.stringify({ topicName: `${CLOCK}${conversationId}`, eventBody: { id: conversationId, reachedAt } });

export function decodeClock(body: unknown): Observation {
  const { id: conversationId, reachedAt } = parseBody(reached, body);
  return { conversationId, source: 'clock', receivedAt: reachedAt, participants: [] };
}
