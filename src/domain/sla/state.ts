// What a conversation remembers of its promises. Invariant: a deadline is here while it is waited for, and for good once
// it was missed; one that was kept leaves nothing but its objective's outcome.
import { z } from 'zod';
import { OBJECTIVES, OUTCOMES } from './objectives.ts';

/** Bounds the state; past it the oldest that were missed are forgotten first, and what is new is not promised. */
export const DEADLINE_LIMIT = 500;

export const deadlineSchema = z.object({
  objective: z.enum(OBJECTIVES),
  /** Absent where the promise is about the whole conversation. */
  messageId: z.string().optional(),
  stage: z.enum(['waiting', 'at_risk', 'late']),
  riskAt: z.number(),
  /** The last instant that is in time. */
  dueAt: z.number(),
  hours: z.string().optional(),
});

export const slaStateSchema = z.object({
  deadlines: z.array(deadlineSchema),
  /** Of every objective that ever applied; a breach stays. */
  outcomes: z.partialRecord(z.enum(OBJECTIVES), z.enum(OUTCOMES)),
  /** The one timer that is out: when it rings, and its id. */
  timer: z.object({ at: z.number(), id: z.string() }).optional(),
});

export type Deadline = Readonly<z.infer<typeof deadlineSchema>>;
export type SlaState = Readonly<z.infer<typeof slaStateSchema>>;
