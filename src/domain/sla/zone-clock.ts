// The wall clock of a time zone, from the platform's own time zone data. Invariant: an instant has exactly one wall time;
// a wall time may have none, one or two instants (clocks go forward and back), which is for the caller to see.

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A stretch of time in which the clock is not changed; `to` is not part of it. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  /** Wall time minus UTC. */
  readonly offsetMs: number;
}

export interface ZoneClock {
  /** Days since 1970-01-01 by the wall calendar. */
  dayOf(instant: number): number;
  /** The one or two segments that hold every instant of a wall calendar's day. */
  segmentsOf(day: number): readonly Segment[];
}

/** No zone is further from UTC than 14 hours. */
const FARTHEST_MS = 15 * HOUR_MS;

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export function zoneClock(timeZone: string): ZoneClock {
  const offsetAt = offsetsOf(timeZone);
  return {
    dayOf: (instant) => Math.floor((instant + offsetAt(instant)) / DAY_MS),
    segmentsOf: (day) => {
      const from = day * DAY_MS - FARTHEST_MS;
      const to = (day + 1) * DAY_MS + FARTHEST_MS;
      const [first, last] = [offsetAt(from), offsetAt(to)];
      if (first === last) return [{ from, to, offsetMs: first }];
      const changed = changeBetween(from, to, offsetAt);
      return [
        { from, to: changed, offsetMs: first },
        { from: changed, to, offsetMs: last },
      ];
    },
  };
}

/** The first instant with the new offset: zones do not change twice in three days. */
function changeBetween(from: number, to: number, offsetAt: (instant: number) => number): number {
  const before = offsetAt(from);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function offsetsOf(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (instant) => {
    const wholeSecond = Math.floor(instant / 1000) * 1000;
    const wall: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(wholeSecond)) wall[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = wall;
    return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecond;
  };
}
