// The emulator's controls as the simulator uses them. Invariant: bounded in time; every way to fail is a sentence that
// says what to do.
import { z } from 'zod';
import { Retryable } from '../runtime/errors.ts';
import type { JourneyHost, Tally } from './run.ts';

const tallySchema = z.object({
  started: z.number(),
  finished: z.number(),
  refused: z.number(),
  conversations: z.record(z.string(), z.number()),
});

const TIMEOUT_MS = 15_000;

export function emulatorHost(url: string): JourneyHost {
  const ask = async (path: string, body?: object): Promise<Tally> => {
    const answer = await exchange(new URL(`/emulator/journeys${path}`, url), body).catch(() => undefined);
    if (answer === undefined) {
      throw new Retryable('unreachable', `No emulator answers at ${url}. Start one with: npx throughline up, or name another with --emulator.`); // prettier-ignore
    }
    const parsed = tallySchema.safeParse(answer.body);
    if (answer.ok && parsed.success) return parsed.data;
    throw new Retryable(
      'unexpected_answer',
      `${url} answered ${answer.status}: it is not the emulator of this Throughline, or it was started anew.`,
    );
  };
  return {
    begin: (run, journey, seeds) => ask('', { run, journey, seeds }),
    tally: (run) => ask(`/${run}`),
  };
}

async function exchange(url: URL, body: object | undefined) {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  return { ok: response.ok, status: response.status, body: answer };
}
