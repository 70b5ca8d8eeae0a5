// Faults of the customers endpoint on demand: what the next look-ups are to be answered instead of the truth. Invariant: a
// fault is spent by the look-ups it hits, or by time; the first that hits one speaks.
import { z } from 'zod';

export const customerFaultSchema = z.object({
  status: z.union([z.literal(200), z.literal(401), z.literal(404), z.literal(429), z.literal(500), z.literal(503)]).default(200),
  /** Of a 200: values of other types than the CRM's own, a customer with 500 attributes, a web page. */
  answer: z.enum(['truth', 'wrong-types', 'many-attributes', 'html']).default('truth'),
  times: z.number().int().min(1).max(1_000_000).optional(),
  forSeconds: z.number().min(0).max(86_400).optional(),
  /** Flapping: of that many look-ups one is hit. */
  every: z.number().int().min(1).max(1000).default(1),
  retryAfterSeconds: z.number().int().min(0).max(86_400).optional(),
  delayMs: z.number().int().min(0).max(600_000).default(0),
}); // prettier-ignore

export type CustomerFault = z.output<typeof customerFaultSchema>;

const MOST = 1000;

export interface CustomerFaults {
  /** False when too many are waiting. */
  add(fault: CustomerFault): boolean;
  take(): CustomerFault | undefined;
  clear(): void;
}

interface Waiting {
  readonly fault: CustomerFault;
  readonly until: number;
  times: number;
  seen: number;
}

/** Neither a number of times nor of seconds: the next one. */
export function createCustomerFaults(now: () => number = Date.now): CustomerFaults {
  let waiting: Waiting[] = [];
  return {
    add: (fault) => {
      if (waiting.length >= MOST) return false;
      const { times = fault.forSeconds === undefined ? 1 : Infinity, forSeconds = Infinity } = fault;
      waiting.push({ fault, until: now() + forSeconds * 1000, times, seen: 0 });
      return true;
    },
    take: () => {
      const at = now();
      waiting = waiting.filter(({ times, until }) => times > 0 && at < until);
      const [first] = waiting;
      if (first === undefined) return undefined;
      first.seen += 1;
      if (first.seen % first.fault.every !== 0) return undefined;
      first.times -= 1;
      return first.fault;
    },
    clear: () => {
      waiting = [];
    },
  };
}
