// Time that counts: all of it, or only a weekly timetable's less its holidays. Invariant: an instant is open exactly when
// the zone's wall clock then shows a time of that day's spans, so a span that a change of clocks shortens, stretches or
// repeats counts as long as it really lasts.
import { DAY_MS, zoneClock, type Segment, type ZoneClock } from './zone-clock.ts';

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Minutes of the wall clock's day; the end is not part of it. */
export type Span = readonly [from: number, to: number];

export interface Timetable {
  readonly timeZone: string;
  readonly week: Readonly<Partial<Record<Weekday, readonly Span[]>>>;
  /** Closed all day, as 2026-12-25. */
  readonly holidays: readonly string[];
}

export interface OpeningHours {
  /** Open milliseconds from one instant to a later one; 0 for an earlier one. */
  between(from: number, to: number): number;
  /** The last instant at which no more than `ms` open milliseconds have passed since `from`. */
  after(from: number, ms: number): number;
}

export const ALWAYS_OPEN: OpeningHours = {
  between: (from, to) => Math.max(0, to - from),
  after: (from, ms) => from + ms,
};

/** Nobody waits ten years: where a timetable has too little time, this is the end of the search. */
const HORIZON_DAYS = 3650;
const REMEMBERED_DAYS = 1000;
const MINUTE_MS = 60_000;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4;

type Interval = readonly [from: number, to: number];

export function openingHours(timetable: Timetable): OpeningHours {
  const clock = zoneClock(timetable.timeZone);
  const openOn = intervalsOf(timetable, clock);
  function* openSince(from: number): Generator<Interval> {
    const first = clock.dayOf(from);
    for (let day = first; day < first + HORIZON_DAYS; day += 1) {
      for (const [start, end] of openOn(day)) if (end > from) yield [Math.max(start, from), end];
    }
  }
  return {
    between: (from, to) => {
      let open = 0;
      for (const [start, end] of openSince(from)) {
        if (start >= to) break;
        open += Math.min(end, to) - start;
      }
      return open;
    },
    after: (from, ms) => {
      let left = ms;
      for (const [start, end] of openSince(from)) {
        // at the very end of a span nothing more passes until the next one begins
        if (end - start > left) return start + left;
        left -= end - start;
      }
      return from + HORIZON_DAYS * DAY_MS;
    },
  };
}

/** What is open on a day of the wall calendar; asking the platform's time zone data is slow, so answers are kept. */
function intervalsOf({ week, holidays }: Timetable, clock: ZoneClock): (day: number) => readonly Interval[] {
  const closed = new Set(holidays.map((date) => Date.parse(date) / DAY_MS));
  const known = new Map<number, readonly Interval[]>();
  const find = (day: number): readonly Interval[] => {
    const spans = closed.has(day) ? [] : (week[weekdayOf(day)] ?? []);
    if (spans.length === 0) return [];
    return clock
      .segmentsOf(day)
      .flatMap((segment) => spans.map((span) => shownWithin(day, span, segment)))
      .filter(([from, to]) => from < to);
  };
  return (day) => {
    const found = known.get(day) ?? find(day);
    if (known.size >= REMEMBERED_DAYS) known.clear();
    known.set(day, found);
    return found;
  };
}

const weekdayOf = (day: number): Weekday => WEEKDAYS[(((day + FIRST_WEEKDAY) % 7) + 7) % 7] ?? 'sun';

/** The instants of a segment at which the wall clock shows the span. */
function shownWithin(day: number, [opens, closes]: Span, { from, to, offsetMs }: Segment): Interval {
  const midnight = day * DAY_MS - offsetMs;
  return [Math.max(from, midnight + opens * MINUTE_MS), Math.min(to, midnight + closes * MINUTE_MS)];
}
