// The small schemas that all frame families share. Invariants: unknown keys are dropped, null means absent, every string
// and list is bounded, and a problem is told by path and expectation, never by value.
import { z } from 'zod';
import { Poison } from '../../runtime/errors.ts';
import { ID_PATTERN } from './topics.ts';

/** The end of year 9999: the last time with a four-digit year, as ISO readers downstream expect. */
const LAST_INSTANT = 253_402_300_799_999;

export const id = z.string().regex(ID_PATTERN, 'expected an id of 1 to 64 letters, digits and _ : @ ~ -');
export const optionalId = id.nullish().catch(undefined);
export const word = z.string().max(64).nullish();

/** ISO 8601 (conversation topics) or epoch milliseconds (detail events), to epoch milliseconds. */
export const instant = z.transform((value: unknown, context) => {
  const ms = typeof value === 'string' && value.length <= 40 ? Date.parse(value) : value;
  if (typeof ms === 'number' && ms >= 0 && ms <= LAST_INSTANT) return Math.trunc(ms);
  context.addIssue('expected an ISO 8601 time or epoch milliseconds');
  return z.NEVER;
});
export const optionalInstant = instant.nullish();

/** A time worked out from others: undefined where the sum is no time that ISO readers could take. */
export const instantOrNone = (ms: number): number | undefined =>
  ms >= 0 && ms <= LAST_INSTANT ? Math.trunc(ms) : undefined;

/** Negative where two clocks disagree. */
export const durationMs = z.number().max(LAST_INSTANT).nullish();

/** An id, or the name that an administrator gave it. */
export const wrapUpCode = z.string().max(256).nullish();
export const wrapUp = z.object({ code: wrapUpCode, endTime: optionalInstant }).nullish();

/** The higher, the more urgent; one that is no number is nobody's reason to refuse the frame. */
export const routing = z.object({ priority: z.number().nullish() }).nullish().catch(undefined);

export const afterCallWork = z.object({ state: word, startTime: optionalInstant, endTime: optionalInstant }).nullish();

/** Absent for null and for the empty string. */
export const present = (text: string | null | undefined): string | undefined => text || undefined;

const PROBLEMS_TOLD = 3;
const MESSAGE_LIMIT = 400;

/** The body as its family's schema has it, or poison that names the fields. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new Poison('frame_invalid', describeProblems(result.error, 'eventBody'));
}

/** The first problems and how many more there are, each with its path from `root`. */
export function describeProblems({ issues }: z.ZodError, root: string): string {
  const problems = issues.slice(0, PROBLEMS_TOLD).map((issue) => `${fieldOf(issue, root)}: ${issue.message}`);
  const more = issues.length - problems.length;
  const text = problems.join('; ') + (more > 0 ? `; and ${more} more` : '');
  return text.slice(0, MESSAGE_LIMIT);
}

export function fieldOf({ path }: z.core.$ZodIssue, root: string): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return root === '' ? text.replace(/^\./, '') : root + text;
}
