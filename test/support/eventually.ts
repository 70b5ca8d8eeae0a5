// Waiting for a condition instead of sleeping: polls until it holds, fails with its last answer when it never does.
import { setTimeout as pause } from 'node:timers/promises';

export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  holds: (answer: T) => boolean,
  ms = 15_000,
): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const answer = await look();
    if (holds(answer)) return answer;
    if (performance.now() > deadline)
      throw new Error(`${what}: not within ${ms} ms, last seen ${JSON.stringify(answer)}`);
    await pause(10);
  }
}
