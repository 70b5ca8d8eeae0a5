// How alike two dates of birth are, as people mistype them. Invariant: symmetric.
import { edits } from './similarity.ts';

export type DateLevel = 'same' | 'near' | 'far' | 'other';

export function compareDates(one: string, other: string): DateLevel {
  if (one === other) return 'same';
  if (swapped(one) === other) return 'near';
  const distance = edits(one, other);
  if (distance === 1) return 'near';
  if (distance === 2 || one.slice(4) === other.slice(4)) return 'far';
  return partsApart(one, other) ? 'far' : 'other';
}

/** Day and month the wrong way round. */
const swapped = (date: string): string => date.slice(0, 4) + date.slice(6) + date.slice(4, 6);

/** Each of year, month and day by a little: a date remembered badly. */
const partsApart = (one: string, other: string): boolean =>
  Math.abs(Number(one.slice(0, 4)) - Number(other.slice(0, 4))) <= 1 &&
  Math.abs(Number(one.slice(4, 6)) - Number(other.slice(4, 6))) <= 1 &&
  Math.abs(Number(one.slice(6)) - Number(other.slice(6))) <= 3;
