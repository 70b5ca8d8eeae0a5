// Faults on demand: what the next requests are to be answered instead of the truth. Invariant: a fault is spent by the
// requests it hits and by no others; one that names records hits only requests that hold one of them.
import { z } from 'zod';

export const faultSchema = z.object({
  status: z.union([
    z.literal(200),
    z.literal(207),
    z.literal(302),
    z.literal(400),
    z.literal(401),
    z.literal(409),
    z.literal(412),
    z.literal(429),
    z.literal(500),
    z.literal(503),
  ]),
  times: z.number().int().min(1).max(1_000_000).default(1),
  retryAfterSeconds: z.number().int().min(0).max(86_400).optional(),
  /** Before the answer; what a batch did is done by then, so a client that gave up will send it again. */
  delayMs: z.number().int().min(0).max(600_000).default(0),
  failRecordIds: z.array(z.string().max(200)).max(10_000).optional(),
  /** What failing records of a 207 are told: their own fault, a passing one, or (Dynamics 365) a conflict. */
  recordStatus: z.union([z.literal(412), z.literal(422), z.literal(500)]).default(500),
  /** A web page in place of the answer; nothing is done. */
  html: z.boolean().optional(),
});

export type Fault = z.output<typeof faultSchema>;

const MAX_FAULTS = 1000;

export interface Faults {
  /** False when too many are waiting. */
  add(fault: Fault): boolean;
  /** The first fault that hits a request with these records, one time less. */
  take(recordIds: readonly string[]): Fault | undefined;
  clear(): void;
  /** Requests still to be hit. */
  pending(): number;
}

interface Waiting {
  readonly fault: Fault;
  readonly only: ReadonlySet<string> | undefined;
  times: number;
}

export function createFaults(): Faults {
  let waiting: Waiting[] = [];
  return {
    add: (fault) => {
      if (waiting.length >= MAX_FAULTS) return false;
      const only = fault.failRecordIds === undefined ? undefined : new Set(fault.failRecordIds);
      waiting.push({ fault, only, times: fault.times });
      return true;
    },
    take: (recordIds) => {
      const hit = waiting.find(({ only }) => only === undefined || recordIds.some((id) => only.has(id)));
      if (hit === undefined) return undefined;
      hit.times -= 1;
      if (hit.times === 0) waiting = waiting.filter((one) => one !== hit);
      return hit.fault;
    },
    clear: () => {
      waiting = [];
    },
    pending: () => waiting.reduce((sum, { times }) => sum + times, 0),
  };
}
