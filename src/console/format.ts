// Numbers and times as people read them. Invariant: short, and of the same width for the same size of number.

export const NOTHING = '–';

export interface Quantity {
  readonly value: string;
  readonly unit: string;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 2 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (n: number): string => (n < 100_000 ? whole.format(n) : compact.format(n));

/** For a small cell: `940`, `1.3K`. */
export const brief = (n: number): string => (n < 1000 ? whole.format(n) : twoDigits.format(n));

export function rate(n: number): string {
  if (n === 0) return '0';
  if (n < 100) return oneDecimal.format(n);
  return count(n);
}

export function milliseconds(n: number | null | undefined): Quantity {
  if (n === null || n === undefined) return { value: NOTHING, unit: '' };
  if (n < 100) return { value: oneDecimal.format(n), unit: 'ms' };
  if (n < 10_000) return { value: whole.format(n), unit: 'ms' };
  return { value: oneDecimal.format(n / 1000), unit: 's' };
}

export function inline({ value, unit }: Quantity): string {
  return unit === '' ? value : `${value} ${unit}`;
}

/** For how long something has been so: `8 s`, `4 min`, `2 h 10 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long ago: what is younger than the beat of the figures is now. */
export const ago = (ms: number): string => (ms < 2000 ? 'just now' : `${duration(ms)} ago`);

/** An age that ticks: `0:42`, `12:07`, `3:05:40`, and days beyond one. */
export function clockAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds >= 86_400) return duration(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Enough of an id to tell it from its neighbours; the whole of it is in the title. */
export const shortId = (id: string): string => id.slice(0, 8);

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** Rounded down: what is not whole is not 100 %. */
export const percent = (ratio: number): string => `${(Math.floor(ratio * 1000) / 10).toFixed(1)} %`;
