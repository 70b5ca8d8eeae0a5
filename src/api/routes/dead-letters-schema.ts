// What is asked of and answered about dead letters over HTTP: shared by the routes and the command line. Invariant: a
// change takes no field it does not know, for a filter misspelt would be no filter, and discard everything.
import { z } from 'zod';
import { INSTANT_FORMS, parseInstant } from '../../stores/dead-letters/instant.ts';
import { letterSchema, type LetterFilter, type Place } from '../../stores/dead-letters/letter.ts';

/** One request reads or changes this many at most. */
export const MOST_A_REQUEST = 500;

const name = z.string().regex(/^[\w-]{1,64}$/, 'must have 1 to 64 letters, digits, _ and - only');
const instant = z
  .string()
  .max(40)
  .refine((text) => parseInstant(text, 0) !== undefined, INSTANT_FORMS);
const PLACE = /^(\d{1,16})\.([\x21-\x7e]{1,128})$/;

const filterFields = {
  stage: name.optional().describe('Where it fell off the path'),
  code: name.optional().describe('Why'),
  conversation: z.string().min(1).max(128).optional().describe('A conversation’s id'),
  since: instant.optional().describe('Set aside at or after: ISO 8601, or how long ago (2h, 3d)'),
  until: instant.optional().describe('Set aside at or before: the same forms'),
  cursor: z.string().regex(PLACE, 'must be the `next` of an answer').optional().describe('The `next` of an answer'),
};

export const listQuerySchema = z.object({
  ...filterFields,
  limit: z.coerce.number().int().min(1).max(MOST_A_REQUEST).default(20),
});

export const idSchema = z.string().min(1).max(128);

export const changeBodySchema = z.strictObject({
  ...filterFields,
  ids: z.array(idSchema).min(1).max(MOST_A_REQUEST).optional().describe('These only'),
  limit: z.number().int().min(1).max(MOST_A_REQUEST).default(100).describe('How many are taken, newest first'),
  dryRun: z.boolean().default(false).describe('Say what would be done, do nothing'),
});

const next = z.string().nullable().describe('The `cursor` of the next request; null when there is no more');

export const listResponseSchema = z.object({
  waiting: z.number().int().describe('Dead letters that wait for a person, whatever the filter'),
  byCode: z.record(z.string(), z.number().int()).describe('The newest 100 of them by code'),
  letters: z.array(letterSchema).describe('Those that match, newest first; can be empty before the last page'),
  next,
});

export const letterResponseSchema = letterSchema.extend({
  sealed: z.string().optional().describe('Its content as it is kept: AES-256-GCM; only when asked for'),
});

export const SKIP_REASONS = ['not_replayable', 'not_found', 'under_way'] as const;

export const changeResponseSchema = z.object({
  matched: z.number().int().describe('Letters looked at and found to match; with ids: those asked for'),
  done: z.number().int().describe('Letters changed; on a dry run those that would be'),
  skipped: z.array(z.object({ id: z.string(), reason: z.enum(SKIP_REASONS) })),
  byCode: z.record(z.string(), z.number().int()).describe('What `done` counts, by code'),
  dryRun: z.boolean(),
  next,
});

export type ListResponse = z.infer<typeof listResponseSchema>;
export type LetterResponse = z.infer<typeof letterResponseSchema>;
export type ChangeRequest = z.input<typeof changeBodySchema>;
export type ChangeResponse = z.infer<typeof changeResponseSchema>;
export type SkipReason = (typeof SKIP_REASONS)[number];

type Asked = Omit<z.output<typeof listQuerySchema>, 'limit'>;

/** The filter with its moments settled; names the fault of one that can match nothing. */
export function filterOf(asked: Asked, now: number): LetterFilter | { readonly fault: string } {
  const { stage, code, conversation } = asked;
  const since = asked.since === undefined ? undefined : parseInstant(asked.since, now);
  const until = asked.until === undefined ? undefined : parseInstant(asked.until, now);
  if (since !== undefined && until !== undefined && since > until) {
    return { fault: 'since: is later than until, so nothing can match; swap the two' };
  }
  return { stage, code, conversation, since, until };
}

export function placeOf(cursor: string | undefined): Place | undefined {
  const [, parkedAt, id] = PLACE.exec(cursor ?? '') ?? [];
  return id === undefined ? undefined : { id, parkedAt: Number(parkedAt) };
}

export const cursorOf = (place: Place | undefined): string | null =>
  place === undefined ? null : `${place.parkedAt}.${place.id}`;
