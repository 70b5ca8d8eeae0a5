// What an operator writes about service levels: JSON, held against this schema. Invariant: every problem is told at once,
// by its path in the text, and never quotes more of the text than the path itself.
import { z } from 'zod';
import { OBJECTIVES } from './objectives.ts';
import { WEEKDAYS, type Span } from './opening-hours.ts';
import { isTimeZone } from './zone-clock.ts';

const MEDIA = ['voice', 'message', 'email', 'callback', 'chat', 'other'] as const;
/** Thirty days: longer promises are no matter of a contact centre's minutes. */
const LONGEST_SECONDS = 2_592_000;

const name = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be 1 to 40 letters, digits, _ or -');

const span = z.string().transform((text, context): Span => {
  const found = /^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/.exec(text);
  const [opens = 0, opensPast = 0, closes = 0, closesPast = 0] = (found ?? []).slice(1).map(Number);
  const from = opens * 60 + opensPast;
  const to = closes * 60 + closesPast;
  if (found !== null && from < to && to <= 24 * 60) return [from, to];
  context.addIssue('must be a span within one day, as "09:00-17:30"; split a night at "24:00"');
  return z.NEVER;
});

const day = z
  .array(span)
  .max(10)
  .transform((spans) => spans.toSorted(([a], [b]) => a - b))
  .refine((spans) => spans.every(([from], i) => from >= (spans[i - 1]?.[1] ?? 0)), 'must not overlap');

const hours = z.strictObject({
  timeZone: z.string().refine(isTimeZone, 'must be a time zone such as "Europe/Berlin"'),
  week: z
    .partialRecord(z.enum(WEEKDAYS), day)
    .refine((week) => Object.values(week).some((spans) => spans.length > 0), 'must be open at some time of the week'),
  holidays: z.array(z.iso.date('must be a date such as "2026-12-25"')).max(1000).default([]),
});

const queueId = z.uuid('must be the id of a queue (UUID)').transform((id) => id.toLowerCase());

const rule = z.strictObject({
  objective: z.enum(OBJECTIVES),
  queues: z.array(queueId).min(1).max(1000).optional(),
  media: z.array(z.enum(MEDIA)).min(1).optional(),
  /** The platform's routing priority: the higher, the more urgent. */
  minPriority: z.int().optional(),
  /** null: nothing is promised here. */
  withinSeconds: z.int().min(1).max(LONGEST_SECONDS).nullable(),
  hours: name.optional(),
});

export const slaRulesSchema = z
  .strictObject({
    atRiskPercent: z.int().min(1).max(99).default(80),
    /** Their providers never say that a message was read. */
    channelsWithoutReading: z.array(name).max(50).default(['sms', 'twitter', 'line']),
    hours: z.record(name, hours).default({}),
    rules: z.array(rule).max(1000).default([]),
  })
  .superRefine(({ hours: known, rules }, context) => {
    for (const [index, { hours: wanted }] of rules.entries()) {
      if (wanted === undefined || Object.hasOwn(known, wanted)) continue;
      context.addIssue({ code: 'custom', path: ['rules', index, 'hours'], message: 'is not among the names in hours' });
    }
  });

export type SlaDefinition = z.output<typeof slaRulesSchema>;
export type SlaRule = SlaDefinition['rules'][number];

const PROBLEMS_TOLD = 10;

export type ReadRules =
  | { readonly ok: true; readonly definition: SlaDefinition }
  /** Continues the sentence "<the text> …". */
  | { readonly ok: false; readonly problem: string };

export function readSlaRules(text: string): ReadRules {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'is not JSON' };
  }
  const result = slaRulesSchema.safeParse(json);
  if (result.success) return { ok: true, definition: result.data };
  const { issues } = result.error;
  const told = issues.slice(0, PROBLEMS_TOLD).map(({ path, message }) => `${pathOf(path)}: ${message}`);
  const more = issues.length > PROBLEMS_TOLD ? `; and ${issues.length - PROBLEMS_TOLD} more` : '';
  return { ok: false, problem: `is wrong at ${told.join('; ')}${more}` };
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path
    .reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`), '')
    .replace(/^\./, '') || '(the whole)';
