// An envelope as it may come: `{eventType, conversationId, payload}`, in camelCase or snake_case. Invariants: all that is
// wrong is told at once by field and expectation, never by value; every list and id is bounded; what is not read here
// (bodies, texts, file names) never leaves this file.
import { z } from 'zod';
import { asObject } from '../genesys/codec/json.ts';
import { addressText, attributes } from '../genesys/codec/customer.ts';
import { describeProblems, fieldOf, id, instant, optionalId, optionalInstant, word } from '../genesys/codec/fields.ts';
import { Poison } from '../runtime/errors.ts';

/** What a conversation tells at most in one envelope; a frame of 1 MiB of such messages holds fewer. */
const MESSAGE_LIMIT = 1000;
const ATTACHMENT_LIMIT = 100;
const SEGMENT_LIMIT = 5000;

/** Below this a number is an offset in seconds (30 years), from it on epoch milliseconds (12 days after 1970). */
const LAST_OFFSET_SECONDS = 1e9;

export const PARTICIPANT_EVENTS = ['joined', 'added', 'connected', 'left', 'removed', 'failed'] as const;
export type ParticipantEvent = (typeof PARTICIPANT_EVENTS)[number];

export const ENVELOPE_POISON_CODES = [
  'envelope_not_json',
  'envelope_invalid',
  'envelope_misrouted',
  'envelope_too_large',
] as const;

/** Poison that names the field of an envelope. */
export class MalformedEnvelope extends Poison {
  readonly field: string;

  constructor(code: (typeof ENVELOPE_POISON_CODES)[number], field: string, message: string) {
    super(code, message);
    this.field = field;
  }
}

/** `created_time` is read as `createdTime`; where both are there the latter counts. */
function inCamelCase(value: unknown): unknown {
  const object = asObject(value);
  if (object === undefined) return value;
  let renamed: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    if (!key.includes('_')) continue;
    const name = key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    renamed ??= { ...object };
    if (!Object.hasOwn(object, name)) renamed[name] = object[key];
  }
  return renamed ?? value;
}

const either = <S extends z.ZodRawShape>(shape: S) => z.preprocess(inCamelCase, z.object(shape));

/** An offset in seconds from its message's beginning, or a time. */
const moment = z.transform((value: unknown, context) => {
  if (typeof value === 'number' && value >= 0 && value < LAST_OFFSET_SECONDS) return { offsetMs: value * 1000 };
  const parsed = instant.safeParse(value);
  if (parsed.success) return { at: parsed.data };
  context.addIssue('expected seconds from the start, an ISO 8601 time or epoch milliseconds');
  return z.NEVER;
});

const message = either({
  id,
  body: z.string().nullish(),
  createdTime: optionalInstant,
  direction: word,
  status: word,
  attachments: z
    .array(either({ url: z.string().nullish() }))
    .max(ATTACHMENT_LIMIT)
    .nullish(),
  transcriptSegments: z
    .array(either({ text: z.string().nullish(), endTime: moment.nullish() }))
    .max(SEGMENT_LIMIT)
    .nullish(),
  deliveryReceipt: either({ deliveredTime: optionalInstant, readTime: optionalInstant }).nullish(),
});

const eventType = z.string().transform((text, context) => {
  const [subject, verb = '', ...more] = text.toLowerCase().split(':');
  const isMessage = subject === 'message' && more.length === 0 && /^[a-z][a-z_.-]{0,39}$/.test(verb);
  if (isMessage) return { subject: 'message' as const, verb };
  const known = PARTICIPANT_EVENTS.find((event) => event === verb);
  if (subject === 'participant' && more.length === 0 && known) return { subject: 'participant' as const, verb: known };
  context.addIssue(`expected participant:${PARTICIPANT_EVENTS.join('|')} or message:*`);
  return z.NEVER;
});

const payload = either({
  // unlike in a native frame, whose other ids still tell something, one that cannot be kept is a mistake to be told
  participantId: id.nullish(),
  version: z.int().min(0).nullish(),
  messages: z.array(message).max(MESSAGE_LIMIT).nullish(),
  timestamp: optionalInstant,
  purpose: word,
  media: word,
  direction: word,
  userId: optionalId,
  queueId: optionalId,
  externalContactId: optionalId,
  address: addressText,
  attributes,
});

const envelope = either({ eventType, conversationId: id, timestamp: optionalInstant, payload }).superRefine(
  (told, context) => {
    if (told.eventType.subject === 'message' || told.payload.participantId) return;
    context.addIssue({
      code: 'custom',
      path: ['payload', 'participantId'],
      message: 'expected the id of a participant',
    });
  },
);

export type Envelope = z.output<typeof envelope>;
export type EnvelopeMessage = z.output<typeof message>;

/** The envelope, or MalformedEnvelope. */
export function readEnvelope(value: unknown): Envelope {
  const result = envelope.safeParse(value);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const field = (first && fieldOf(first, '')) || 'envelope';
  const problems = describeProblems(result.error, '');
  throw new MalformedEnvelope('envelope_invalid', field, problems.startsWith(':') ? `envelope${problems}` : problems);
}
