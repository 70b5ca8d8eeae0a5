// Is this the password? Invariants: the comparison takes the same time whatever is wrong, and an address that guessed
// wrong too often is refused for a while even when it guesses right, or the limit would stop nobody.
import fastifyRateLimit from '@fastify/rate-limit';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { App } from '../app.ts';

/** Ten wrong passwords a minute from one address: a person never needs them, a guesser gets nowhere. */
const WRONG_LIMIT = { max: 10, timeWindow: 60_000 };

export type Verdict = 'right' | 'wrong' | 'too-many';
export type JudgePassword = (request: FastifyRequest, given: string) => Promise<Verdict>;

export async function createPasswordJudge(app: App, password: string): Promise<JudgePassword> {
  await app.register(fastifyRateLimit, { global: false });
  const wrongGuesses = app.createRateLimit(WRONG_LIMIT);
  const expected = digest(password);
  return async (request, given) => {
    const before = await wrongGuesses(request, { increment: false });
    if (!before.isAllowed && before.remaining <= 0) return 'too-many';
    if (timingSafeEqual(digest(given), expected)) return 'right';
    await wrongGuesses(request);
    return 'wrong';
  };
}

/** Equal lengths are what a constant-time comparison needs. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
