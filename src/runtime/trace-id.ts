// The id that all the work one cause sets off goes by. Invariant: the same parts give the same id on every machine, and
// it is one that a BullMQ job may have (no colon, not all digits).
import { createHash } from 'node:crypto';

/** UUID-shaped, so that it cannot be taken for a number. */
export function traceIdOf(...parts: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  const [a, b, c, d, e] = [0, 8, 12, 16, 20].map((from, index, all) => hex.slice(from, all[index + 1] ?? 32));
  return `${a}-${b}-${c}-${d}-${e}`;
}

/** Of one conversation of a list: whoever gave the list finds what came of it by this. */
export const bulkTraceId = (run: string, conversationId: string): string => traceIdOf('bulk', run, conversationId);
