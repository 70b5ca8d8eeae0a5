// The emulator's time: what is due when. Tests run an hour of it in milliseconds; a live emulator follows a clock.
// Invariant: tasks run in order of due time, ties in the order they were planned, and `now` is the time of the task.

export interface Timeline {
  /** Epoch ms. */
  now(): number;
  after(delayMs: number, task: () => void): void;
  /** Runs what is due up to `time`, at most `maxTasks`; false when it stopped early. */
  runUntil(time: number, maxTasks?: number): boolean;
  /** When the next task is due. */
  nextDue(): number | undefined;
  /** Moves time and everything planned, without running it: after a suspended laptop, nothing is to catch up. */
  skip(ms: number): void;
}

interface Planned {
  due: number;
  readonly order: number;
  readonly task: () => void;
}

const before = (a: Planned, b: Planned): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);

export function createTimeline(startAt: number): Timeline {
  const heap: Planned[] = [];
  let now = startAt;
  let order = 0;

  const runNext = (due: number): void => {
    const next = pop(heap);
    now = Math.max(now, due);
    next?.task();
  };

  return {
    now: () => now,
    after: (delayMs, task) => push(heap, { due: now + Math.max(0, delayMs), order: (order += 1), task }),
    nextDue: () => heap[0]?.due,
    skip: (ms) => {
      now += ms;
      for (const planned of heap) planned.due += ms;
    },
    runUntil: (time, maxTasks = Number.POSITIVE_INFINITY) => {
      for (let done = 0; ; done += 1) {
        const due = heap[0]?.due;
        if (due === undefined || due > time) break;
        if (done >= maxTasks) return false;
        runNext(due);
      }
      now = Math.max(now, time);
      return true;
    },
  };
}

function push(heap: Planned[], item: Planned): void {
  let at = heap.length;
  heap.push(item);
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (parent === undefined || !before(item, parent)) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = item;
}

function pop(heap: Planned[]): Planned | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    const childAt = smallerChild(heap, at);
    const child = heap[childAt];
    if (child === undefined || !before(child, last)) break;
    heap[at] = child;
    at = childAt;
  }
  heap[at] = last;
  return top;
}

function smallerChild(heap: readonly Planned[], at: number): number {
  const left = heap[2 * at + 1];
  const right = heap[2 * at + 2];
  return left !== undefined && right !== undefined && before(right, left) ? 2 * at + 2 : 2 * at + 1;
}

/** Further apart than this, clock and timeline do not catch up but jump: a suspend, a changed clock, an overload. */
const MAX_LAG_MS = 5000;
/** Tasks in one turn of the event loop: sockets and requests get their turn in between. */
const TASKS_PER_TURN = 500;
/** Longest sleep: a task planned meanwhile (a request) is never later than this. */
const MAX_SLEEP_MS = 10;

/** Makes `timeline` follow `clock` in real time; returns the way to stop it. */
export function followClock(timeline: Timeline, clock: () => number): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const turn = (): void => {
    if (stopped) return;
    const lag = clock() - timeline.now();
    if (Math.abs(lag) > MAX_LAG_MS) timeline.skip(lag);
    if (!timeline.runUntil(clock(), TASKS_PER_TURN)) {
      setImmediate(turn);
      return;
    }
    const wait = (timeline.nextDue() ?? Number.POSITIVE_INFINITY) - timeline.now();
    timer = setTimeout(turn, Math.max(1, Math.min(wait, MAX_SLEEP_MS)));
  };
  turn();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
