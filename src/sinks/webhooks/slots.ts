// Whose turn it is to be called, in this process. Invariants: a target has a few calls under way at most, whatever waits
// for it; who finds no free slot is told when one is likely, so that a thousand messages for a slow target wait in Redis
// and look once or twice each instead of in a circle.

export type Turn =
  | { readonly kind: 'taken'; readonly release: () => void }
  | { readonly kind: 'busy'; readonly waitMs: number };

interface Lane {
  /** When each call that is under way began. */
  readonly begun: number[];
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
    const lane = this.#lanes.get(endpointId) ?? { begun: [], tookMs: FIRST_GUESS_MS, bookedUntil: 0 };
    this.#lanes.set(endpointId, lane);
    if (lane.begun.length >= this.#perEndpoint) return { kind: 'busy', waitMs: this.#book(lane) };
    const now = this.#now();
    lane.begun.push(now);
    return { kind: 'taken', release: () => this.#release(lane, now) };
  }

  #book(lane: Lane): number {
    const now = this.#now();
    // a call that goes on for longer than the others did says more than they
    const takesMs = Math.max(lane.tookMs, now - (lane.begun[0] ?? now));
    lane.bookedUntil = Math.max(lane.bookedUntil, now) + takesMs / this.#perEndpoint;
    return Math.min(LONGEST_WAIT_MS, Math.max(LEAST_WAIT_MS, lane.bookedUntil - now));
  }

  #release(lane: Lane, begun: number): void {
    lane.begun.splice(lane.begun.indexOf(begun), 1);
    lane.tookMs += WEIGHT_OF_LAST * (this.#now() - begun - lane.tookMs);
  }
}
