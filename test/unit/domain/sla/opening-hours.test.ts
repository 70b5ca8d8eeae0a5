// Time that counts: held against an oracle that asks the wall clock minute by minute, above all where clocks change.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALWAYS_OPEN,
  openingHours,
  WEEKDAYS,
  type Span,
  type Timetable,
} from '../../../../src/domain/sla/opening-hours.ts';
import { check } from '../property.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const utc = (text: string): number => Date.parse(`${text}Z`);

const office: Timetable = {
  timeZone: 'Europe/Berlin',
  week: Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, [[9 * 60, 17 * 60]]])),
  holidays: ['2026-12-25'],
};
const everyDay = (timeZone: string, ...spans: Span[]): Timetable => ({
  timeZone,
  week: Object.fromEntries(WEEKDAYS.map((day) => [day, spans])),
  holidays: [],
});

describe('a weekly timetable', () => {
  const hours = openingHours(office);

  it('counts what is open, over a night, a weekend and a holiday', () => {
    // Thu 24 Dec 16:30 Berlin to Mon 28 Dec 09:30: half an hour, Christmas closed, weekend closed, half an hour
    expect(hours.between(utc('2026-12-24T15:30'), utc('2026-12-28T08:30'))).toBe(HOUR);
    expect(hours.after(utc('2026-12-24T15:30'), 45 * MINUTE)).toBe(utc('2026-12-28T08:15'));
  });

  it('lets nothing pass while it is closed', () => {
    expect(hours.between(utc('2026-03-07T10:00'), utc('2026-03-08T10:00'))).toBe(0);
    expect(hours.after(utc('2026-03-07T10:00'), 0)).toBe(utc('2026-03-09T08:00'));
  });

  it('gives at the end of a span until the next one begins: no more has passed by then', () => {
    expect(hours.after(utc('2026-03-06T15:00'), HOUR)).toBe(utc('2026-03-09T08:00'));
  });

  it('counts nothing backwards', () => {
    expect(hours.between(utc('2026-03-04T12:00'), utc('2026-03-04T11:00'))).toBe(0);
    expect(ALWAYS_OPEN.between(5, 3)).toBe(0);
  });
});

describe('where clocks change', () => {
  it('counts the hour that is missing in spring as nothing', () => {
    const night = openingHours(everyDay('Europe/Berlin', [0, 6 * 60]));
    expect(night.between(utc('2026-03-28T23:00'), utc('2026-03-29T22:00'))).toBe(5 * HOUR);
    const gap = openingHours(everyDay('Europe/Berlin', [2 * 60, 3 * 60]));
    expect(gap.between(utc('2026-03-28T23:00'), utc('2026-03-29T22:00'))).toBe(0);
  });

  it('counts the hour that comes twice in autumn twice', () => {
    const night = openingHours(everyDay('America/New_York', [0, 6 * 60]));
    expect(night.between(utc('2026-11-01T04:00'), utc('2026-11-02T04:00'))).toBe(7 * HOUR);
    const twice = openingHours(everyDay('America/New_York', [60, 90]));
    expect(twice.between(utc('2026-11-01T04:00'), utc('2026-11-02T04:00'))).toBe(HOUR);
  });
});

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  // half an hour of summer time; three quarters of an hour off; changes at midnight; far east and far west
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Santiago',
  'Africa/Cairo',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
] as const;

const minuteOfDay = fc.integer({ min: 0, max: 24 * 60 });
const spans = fc
  .uniqueArray(minuteOfDay, { maxLength: 6 })
  .map((times) => times.toSorted((a, b) => a - b))
  .map((times) =>
    times.flatMap((from, i): Span[] => (i % 2 === 0 && times[i + 1] !== undefined ? [[from, times[i + 1] ?? 0]] : [])),
  );
const timetables = fc
  .record({
    timeZone: fc.constantFrom(...ZONES),
    week: fc.record(Object.fromEntries(WEEKDAYS.map((day) => [day, spans]))),
  })
  .map(({ timeZone, week }): Timetable => ({ timeZone, week, holidays: ['2026-03-29', '2026-11-01'] }));
/** Whole minutes around the changes of clocks of 2026, and any others of that year. */
const instants = fc
  .oneof(
    fc.constantFrom(utc('2026-03-29T01:00'), utc('2026-03-08T07:00'), utc('2026-10-25T01:00'), utc('2026-11-01T06:00'), utc('2026-04-04T15:00'), utc('2026-04-05T03:00'), utc('2026-04-23T22:00'), utc('2026-09-06T04:00')), // prettier-ignore
    fc.integer({ min: 0, max: 365 * 24 }).map((hour) => utc('2026-01-01T00:00') + hour * HOUR),
  )
  .chain((around) => fc.integer({ min: -1800, max: 1800 }).map((minutes) => around + minutes * MINUTE));

/** By the definition: what does the wall clock show at this minute? */
function openMinutes({ timeZone, week, holidays }: Timetable, from: number, minutes: number): boolean[] {
  const wall = new Intl.DateTimeFormat('en-CA', { timeZone, hourCycle: 'h23', weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }); // prettier-ignore
  return Array.from({ length: minutes }, (_, i) => {
    const shown = Object.fromEntries(wall.formatToParts(from + i * MINUTE).map(({ type, value }) => [type, value]));
    const day = WEEKDAYS.find((name) => name === shown['weekday']?.slice(0, 3).toLowerCase()) ?? 'sun';
    const minute = Number(shown['hour']) * 60 + Number(shown['minute']);
    if (holidays.includes(`${shown['year']}-${shown['month']}-${shown['day']}`)) return false;
    return (week[day] ?? []).some(([opens, closes]) => minute >= opens && minute < closes);
  });
}

describe('against the wall clock, minute by minute', () => {
  it('counts exactly the open minutes of three days', () => {
    const property = fc.property(timetables, instants, (timetable, from) => {
      const minutes = 3 * 24 * 60;
      const expected = openMinutes(timetable, from, minutes).filter(Boolean).length;
      expect(openingHours(timetable).between(from, from + minutes * MINUTE)).toBe(expected * MINUTE);
    });
    check('open minutes', property, 60);
  });

  it('a due time is the last instant by which no more has passed', () => {
    const property = fc.property(
      timetables,
      instants,
      fc.integer({ min: 0, max: 50 * 60_000 * 60 }),
      (timetable, from, ms) => {
        if (Object.values(timetable.week).every((day) => day.length === 0)) return;
        const hours = openingHours(timetable);
        const due = hours.after(from, ms);
        expect(due).toBeGreaterThanOrEqual(from);
        if (due - from > 300 * 24 * HOUR) return;
        expect(hours.between(from, due)).toBe(ms);
        expect(hours.between(from, due + 1)).toBe(ms + 1);
        expect(hours.between(due, due + 1)).toBe(1);
      },
    );
    check('due times', property, 500);
  });
});
