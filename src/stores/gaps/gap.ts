// An entry of the gap ledger: an interval in which an ingester had no live socket, and what became of it.
// Invariant: figures and ids of conversations' reading only; nothing of their content.
import { z } from 'zod';

/** open: it goes on · repairing: it is over, its repair is not · repaired: all is known · lost: given up, see lastError */
export const GAP_STATES = ['open', 'repairing', 'repaired', 'lost'] as const;
export type GapState = (typeof GAP_STATES)[number];

const count = (description: string) => z.coerce.number().int().min(0).default(0).describe(description);
const moment = (description: string) => z.coerce.number().int().describe(`${description}, epoch milliseconds`);

export const gapSchema = z.object({
  id: z.string().regex(/^[\w-]{1,64}$/),
  from: moment('The last moment known to be whole'),
  to: moment('When a socket was live again; null while it goes on').nullable().default(null),
  cause: z.string().max(64).describe('Why the socket was gone'),
  ingester: z.string().max(128),
  feed: z.string().max(64).describe('Which topics: ingesters of one feed can stand in for each other'),
  state: z.enum(GAP_STATES),
  known: count('Conversations open here, and those that analytics names: all that could have missed something'),
  found: count('Of the known, those that only analytics named'),
  reconciled: count('Of the known, those read again since'),
  changed: count('Of the reconciled, those about which something new was learnt'),
  gone: count('Of the reconciled, those the platform no longer knows: ended here, by what is left of evidence'),
  attempts: count('Tries that failed'),
  lastError: z.string().max(500).nullable().default(null).describe('Why the last of them did'),
  askedAt: moment('When analytics was last asked').nullable().default(null),
  cursor: z.string().max(64).nullable().default(null).describe('Where the reading of analytics stands'),
  settledAt: moment('When it was repaired or given up').nullable().default(null),
  coveredBy: z.string().max(128).nullable().default(null).describe('The ingester whose socket was live all the while'),
});

export type Gap = z.output<typeof gapSchema>;

/** Conversations reconciled of those known; nothing known is nothing missed. */
export const completeness = ({ known, reconciled }: Pick<Gap, 'known' | 'reconciled'>): number =>
  known === 0 ? 1 : Math.min(1, reconciled / known);

/** What an ingester has heard without a break, and put into the partitions. */
export const heardSchema = z.object({
  feed: z.string().max(64),
  /** Since when; null while a gap is open. */
  wholeSince: z.number().nullable(),
  /** Up to the last frame that is in its partition. */
  wholeUntil: z.number(),
  /** When it said so. */
  at: z.number(),
});

export type Heard = z.output<typeof heardSchema>;
