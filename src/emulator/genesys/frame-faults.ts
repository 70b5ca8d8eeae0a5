// Frames of topics lost, doubled, overtaken or late, on demand. Invariant: the same seed and frames give the same
// faults; heartbeats and system frames are never touched; what waits here is bounded, and past that goes out at once.
import { z } from 'zod';
import { createRandom, type Random } from '../random.ts';
import { eventFrame } from './frames.ts';

/** A frame's chance of each fate; the first that strikes it is the only one. */
const share = z.number().min(0).max(1).default(0);

export const frameFaultsSchema = z
  .strictObject({
    drop: share,
    /** Again at once, with another correlation id, as the platform does. */
    duplicate: share,
    /** Behind the next frame of the same object, or after `delayMs` when none comes. */
    reorder: share,
    delay: share,
    /** The longest delay. */
    delayMs: z.number().int().min(1).max(600_000).default(1000),
    seed: z.number().int().min(0).max(4_294_967_295).default(1),
  })
  .refine(({ drop, duplicate, reorder, delay }) => drop + duplicate + reorder + delay <= 1, {
    error: 'drop, duplicate, reorder and delay are shares of all frames: together they are at most 1',
  });

export type FrameFaultPlan = z.output<typeof frameFaultsSchema>;

export interface FrameFaultCounts {
  readonly dropped: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly delayed: number;
}

export interface EventFrame {
  readonly topicName: string;
  readonly body: string;
  readonly correlationId: string;
}

interface Waiting {
  readonly send: () => void;
  readonly timer: NodeJS.Timeout;
}

/** About 15 KB each. */
const MAX_WAITING = 5000;
const NONE = frameFaultsSchema.parse({});

export class FrameFaults {
  readonly #waiting = new Set<Waiting>();
  /** Held back until the next frame of the same object on the same channel. */
  readonly #heldBack = new Map<string, Waiting>();
  readonly #counts = { dropped: 0, duplicated: 0, reordered: 0, delayed: 0 };
  #plan: FrameFaultPlan = NONE;
  #random: Random = createRandom(NONE.seed);

  plan(): FrameFaultPlan {
    return this.#plan;
  }

  /** From the next frame on; without a plan frames pass again, and what waited goes out now. */
  set(plan: FrameFaultPlan = NONE): void {
    this.#plan = plan;
    this.#random = createRandom(plan.seed);
    for (const waiting of this.#waiting) this.#release(waiting);
  }

  counts(): FrameFaultCounts {
    return { ...this.#counts };
  }

  /** Lets one channel have a frame, or what becomes of it. */
  deliver(channelId: string, frame: EventFrame, send: (text: string) => void): void {
    const text = eventFrame(frame.topicName, frame.body, frame.correlationId);
    if (this.#plan === NONE) {
      send(text);
      return;
    }
    const object = `${channelId} ${objectOf(frame)}`;
    const overtaken = this.#heldBack.get(object);
    this.#strike(object, frame, () => send(text), send);
    if (overtaken !== undefined) this.#release(overtaken);
  }

  stop(): void {
    for (const { timer } of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
    this.#heldBack.clear();
  }

  #strike(object: string, frame: EventFrame, pass: () => void, send: (text: string) => void): void {
    const fate = this.#fate();
    const isFull = this.#waiting.size >= MAX_WAITING;
    if (fate === 'drop') {
      this.#counts.dropped += 1;
    } else if (fate === 'delay' && !isFull) {
      this.#counts.delayed += 1;
      this.#wait(this.#random.between(1, this.#plan.delayMs), pass);
    } else if (fate === 'reorder' && !isFull && !this.#heldBack.has(object)) {
      this.#counts.reordered += 1;
      this.#heldBack.set(object, this.#wait(this.#plan.delayMs, pass, object));
    } else {
      pass();
      if (fate !== 'duplicate') return;
      this.#counts.duplicated += 1;
      send(eventFrame(frame.topicName, frame.body, idFrom(this.#random)));
    }
  }

  #fate(): 'drop' | 'delay' | 'reorder' | 'duplicate' | undefined {
    let left = this.#random.next();
    for (const fate of ['drop', 'delay', 'reorder', 'duplicate'] as const) {
      left -= this.#plan[fate];
      if (left < 0) return fate;
    }
    return undefined;
  }

  #wait(ms: number, pass: () => void, object?: string): Waiting {
    const send = (): void => {
      if (object !== undefined) this.#heldBack.delete(object);
      pass();
    };
    const waiting: Waiting = { send, timer: setTimeout(() => this.#release(waiting), ms).unref() };
    this.#waiting.add(waiting);
    return waiting;
  }

  #release(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    if (this.#waiting.delete(waiting)) waiting.send();
  }
}

/** The conversation or contact a frame is about; a body says so first of all. */
function objectOf({ topicName, body }: EventFrame): string {
  return /^\{"id":"([^"]{1,64})"/.exec(body)?.[1] ?? topicName;
}

function idFrom(random: Random): string {
  const hex = Array.from({ length: 4 }, () => random.between(0, 0xff_ff_ff_ff).toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
