// A dead letter as people see it, made from its job in the queue. Invariant: what is sealed never gets into a Letter.
import { z } from 'zod';
import { deadLetterSchema } from '../../runtime/dead-letters.ts';

export const letterSchema = z.object({
  id: z.string().describe('The job’s id in the dead-letters queue'),
  stage: z.string().describe('Where it fell off the path'),
  code: z.string().describe('`unreadable` where what is stored is no dead letter'),
  message: z.string(),
  partition: z.number().int().optional(),
  conversationId: z.string().optional(),
  topic: z.string().optional(),
  receivedAt: z.number().int().optional().describe('When it came in, epoch milliseconds'),
  parkedAt: z.number().int().describe('When it was last set aside, epoch milliseconds'),
  sizeBytes: z.number().int().optional(),
  sha256: z.string().optional().describe('Of the content, in hex'),
  attempts: z.number().int().describe('1 is the parking itself; each retry that failed here adds one'),
  lastFailure: z.string().optional().describe('Why it was last set aside'),
  replayable: z.boolean().describe('Whether its content was kept (sealed), so that a retry can replay it'),
});

export type Letter = z.infer<typeof letterSchema>;

export interface LetterFilter {
  readonly stage?: string | undefined;
  readonly code?: string | undefined;
  readonly conversation?: string | undefined;
  /** Epoch ms, of `parkedAt`; both ends belong to it. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Where a letter stands in the order of parking. */
export interface Place {
  readonly id: string;
  readonly parkedAt: number;
}

/** Fields of a job's hash, in the order that `letterOf` takes them. */
export const STORED_FIELDS = ['data', 'failedReason', 'atm'] as const;

export interface OpenLetter {
  readonly letter: Letter;
  readonly sealed: string | undefined;
}

/** Undefined where there is no such job any more. */
export function openLetter({ id, parkedAt }: Place, stored: readonly unknown[]): OpenLetter | undefined {
  const [data, failedReason, attemptsMade] = stored;
  if (typeof data !== 'string') return undefined;
  const facts = {
    id,
    parkedAt,
    attempts: Number(attemptsMade ?? 0),
    ...(typeof failedReason === 'string' ? { lastFailure: failedReason.slice(0, 500) } : {}),
  };
  const parsed = parse(data);
  if (parsed === undefined) return { letter: { ...facts, ...UNREADABLE }, sealed: undefined };
  const { sealed, eventId: _, ...shown } = parsed;
  return { letter: { ...facts, ...shown, replayable: sealed !== undefined }, sealed };
}

export const matches = ({ stage, code, conversation }: LetterFilter, letter: Letter): boolean =>
  (stage === undefined || letter.stage === stage) &&
  (code === undefined || letter.code === code) &&
  (conversation === undefined || letter.conversationId === conversation);

const UNREADABLE = {
  stage: 'unknown',
  code: 'unreadable',
  message: 'What is stored here is no dead letter of this version.',
  replayable: false,
};

function parse(data: string): z.infer<typeof deadLetterSchema> | undefined {
  try {
    return deadLetterSchema.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}
