// One batch of a drain, in memory: events decoded and applied in log order, collected into one commit request.
// Invariant: an event is either applied or set aside, never both and never neither (I3).
import { Failure } from '../runtime/errors.ts';
import type {
  Applied,
  Decoded,
  LoggedEvent,
  Output,
  PartitionHandler,
  SetAside,
  SetAsideEvent,
} from '../runtime/partition-handler.ts';
import type { LogEntry } from './log-entry.ts';
import type { CommitRequest, StateWrite } from './protocol.ts';

/** More touched conversations than this would make one commit hold Redis for too long. */
export const MAX_STATES_PER_COMMIT = 1000;

export interface DecodedEvent<E> {
  readonly event: LoggedEvent;
  readonly decoded: Decoded<E>;
}

export class BatchWork<E, S> {
  readonly setAside: SetAsideEvent[] = [];
  readonly receivedAt: number[] = [];
  poisonRun: number;
  private readonly handler: PartitionHandler<E, S>;
  /** States known in this drain; belongs to this owner alone and dies with the drain. */
  private readonly states: Map<string, S>;
  private readonly touched = new Map<string, Applied<S>>();
  /** In the order in which each was last replaced. */
  private readonly outputs = new Map<string | Output, Output>();
  private readonly counters = new Map<string, number>();

  constructor(handler: PartitionHandler<E, S>, states: Map<string, S>, poisonRun: number) {
    this.handler = handler;
    this.states = states;
    this.poisonRun = poisonRun;
  }

  decode(event: LoggedEvent): DecodedEvent<E> {
    try {
      return { event, decoded: this.handler.decode(event) };
    } catch (error) {
      return { event, decoded: { kind: 'set-aside', why: whyOf(error) } };
    }
  }

  /** The state of `decoded`’s conversation must have been loaded before. */
  apply({ event, decoded }: DecodedEvent<E>): void {
    this.receivedAt.push(event.receivedAt);
    if (decoded.kind === 'set-aside') {
      this.putAside(event, decoded.why, undefined);
      return;
    }
    try {
      const applied = this.handler.apply(this.states.get(decoded.key), decoded.event);
      this.keep(decoded.key, applied);
      this.add('n:events', 1);
      this.poisonRun = 0;
    } catch (error) {
      this.putAside(event, whyOf(error), decoded.key);
    }
  }

  putAside(event: LoggedEvent, why: SetAside, conversationId: string | undefined): void {
    this.setAside.push({ event, why, conversationId });
    this.poisonRun = countsAsPoison(why) ? this.poisonRun + 1 : this.poisonRun;
    this.add('n:deadLetters', 1);
  }

  request(newCursor: string): CommitRequest {
    const states: StateWrite[] = [...this.touched].map(([key, { state, ttlMs, liveSince }]) => ({
      key,
      json: JSON.stringify(state),
      ttlMs,
      liveSince,
    }));
    const { poisonRun, counters } = this;
    return { newCursor, poisonRun, states, outputs: [...this.outputs.values()], counters };
  }

  private keep(key: string, applied: Applied<S>): void {
    for (const [field, by] of applied.counters) this.add(field, by);
    if (!applied.changed) return;
    this.states.set(key, applied.state);
    this.touched.set(key, applied);
    for (const output of applied.outputs) this.putOut(output);
  }

  private putOut(output: Output): void {
    const { sink, replaces } = output;
    const place = replaces === undefined ? output : `${sink} ${replaces}`;
    this.outputs.delete(place);
    this.outputs.set(place, output);
  }

  private add(field: string, by: number): void {
    this.counters.set(field, (this.counters.get(field) ?? 0) + by);
  }
}

/** A topic nobody knows yet says nothing about the health of this build. */
const countsAsPoison = (why: SetAside): boolean => why.code !== 'unknown_topic' && why.code !== 'frame_too_large';

function whyOf(error: unknown): SetAside {
  if (error instanceof Failure) return { code: error.code, message: error.message };
  // an unexpected error's message may quote the payload (JSON.parse does): only its type is kept
  const type = error instanceof Error ? error.name : typeof error;
  return { code: 'unexpected', message: `the stage failed on this event with ${type}` };
}

/**
 * How many of `entries` one commit can take: up to the state limit, and up to the entry in which the run of poison
 * events would reach `poisonRunLimit` (0 = that is the first one: the partition must pause).
 */
export function entriesToTake<E>(
  decoded: readonly (readonly DecodedEvent<E>[])[],
  poisonRun: number,
  poisonRunLimit: number,
): { readonly count: number; readonly flooded: boolean } {
  const keys = new Set<string>();
  let run = poisonRun;
  for (const [index, events] of decoded.entries()) {
    for (const { decoded: outcome } of events) {
      if (outcome.kind === 'apply') {
        keys.add(outcome.key);
        run = 0;
      } else if (countsAsPoison(outcome.why)) run += 1;
      if (run >= poisonRunLimit) return { count: index, flooded: true };
    }
    if (keys.size >= MAX_STATES_PER_COMMIT) return { count: index + 1, flooded: false };
  }
  return { count: decoded.length, flooded: false };
}

export const lastCursor = (entries: readonly LogEntry[]): string => entries.at(-1)?.id ?? '0-0';
