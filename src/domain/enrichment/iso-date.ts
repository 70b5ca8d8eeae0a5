// Days and moments as ISO 8601 writes them. Pure. Invariant: what is given back is RFC 3339 and says what the text said;
// a moment without an offset is refused, for nobody knows when it was.
import { refused, taken, type Converted } from './converted.ts';

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})([.,]\d{1,9})?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/;
const MIDNIGHT = /^00:00:00(\.0+)?$/;

interface Moment {
  readonly day: string;
  /** `10:00:00.5` */
  readonly time: string;
  readonly offset: string | undefined;
}

/** A moment stands for its day only where it has no hour to lose. */
export function dateFrom(text: string): Converted {
  const trimmed = text.trim();
  if (trimmed === '') return refused('empty');
  if (DAY.test(trimmed)) return isDay(trimmed) ? taken(trimmed) : refused('no_such_day');
  const moment = momentOf(trimmed);
  if (moment === undefined) return refused('no_iso_date');
  if (!isDay(moment.day)) return refused('no_such_day');
  return MIDNIGHT.test(moment.time) ? taken(moment.day) : refused('has_a_time');
}

/** Seconds and the colon of an offset may be left out in ISO 8601, not in RFC 3339. */
export function dateTimeFrom(text: string): Converted {
  const trimmed = text.trim();
  if (trimmed === '') return refused('empty');
  const moment = momentOf(trimmed);
  if (moment === undefined) return refused(DAY.test(trimmed) && isDay(trimmed) ? 'no_offset' : 'no_iso_date');
  const { day, time, offset } = moment;
  if (!isDay(day)) return refused('no_such_day');
  return offset === undefined ? refused('no_offset') : taken(`${day}T${time}${offset}`);
}

function momentOf(text: string): Moment | undefined {
  const found = MOMENT.exec(text);
  if (found === null) return undefined;
  const [, day = '', hour = '', minute = '', second = '00', fraction = '', zone] = found;
  const offset = zone === undefined ? undefined : offsetOf(zone);
  const inDay = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (!inDay || (zone !== undefined && offset === undefined)) return undefined;
  return { day, time: `${hour}:${minute}:${second}${fraction.replace(',', '.')}`, offset };
}

/** `+0200` and `+02` as `+02:00`. */
function offsetOf(zone: string): string | undefined {
  if (zone === 'Z') return zone;
  const hours = zone.slice(1, 3);
  const minutes = zone.slice(3).replace(':', '') || '00';
  return Number(hours) < 24 && Number(minutes) < 60 ? `${zone.charAt(0)}${hours}:${minutes}` : undefined;
}

/** 30 February is none. */
function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}
