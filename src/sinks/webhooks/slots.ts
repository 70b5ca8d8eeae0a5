// Whose turn it is to be called, in this process. Invariants: a target has a few calls under way at most, whatever waits
// for it; who finds no free slot is told when one is likely, so that a thousand messages for a slow target wait in Redis
// and look once or twice each instead of in a circle.

export type Turn =
  | { readonly kind: 'taken'; readonly release: (tookMs: number) => void }
  | { readonly kind: 'busy'; readonly waitMs: number };

interface Lane {
  inFlight: number;
  /** How long a call takes, the last ones counting most. */
  tookMs: number;
  /** Up to when slots are spoken for. */
  bookedUntil: number;
}

const FIRST_GUESS_MS = 200;
const LEAST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 60_000;
const WEIGHT_OF_LAST = 0.3;

export class DeliverySlots {
  readonly #lanes = new Map<string, Lane>();
  readonly #perEndpoint: number;
  readonly #now: () => number;

  constructor(perEndpoint: number, now: () => number) {
    this.#perEndpoint = perEndpoint;
    this.#now = now;
  }

  take(endpointId: string): Turn {
    const lane = this.#lanes.get(endpointId) ?? { inFlight: 0, tookMs: FIRST_GUESS_MS, bookedUntil: 0 };
    this.#lanes.set(endpointId, lane);
    if (lane.inFlight >= this.#perEndpoint) return { kind: 'busy', waitMs: this.#book(lane) };
    lane.inFlight += 1;
    return { kind: 'taken', release: (tookMs) => this.#release(endpointId, lane, tookMs) };
  }

  #book(lane: Lane): number {
    const now = this.#now();
    lane.bookedUntil = Math.max(lane.bookedUntil, now) + lane.tookMs / this.#perEndpoint;
    return Math.min(LONGEST_WAIT_MS, Math.max(LEAST_WAIT_MS, lane.bookedUntil - now));
  }

  #release(endpointId: string, lane: Lane, tookMs: number): void {
    lane.inFlight -= 1;
    lane.tookMs += WEIGHT_OF_LAST * (tookMs - lane.tookMs);
    // targets come and go; a lane that nobody uses is not kept
    if (lane.inFlight === 0 && lane.bookedUntil < this.#now()) this.#lanes.delete(endpointId);
  }
}
