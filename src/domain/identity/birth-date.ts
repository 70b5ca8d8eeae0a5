// A date of birth as eight digits, year first. Invariants: what is no day of the calendar is none, and neither are the
// days that forms are pre-filled with.

const PREFILLED = new Set(['19000101', '19010101', '19700101', '11111111']);
const FORMS = [
  /^(?<year>\d{4})-?(?<month>\d{2})-?(?<day>\d{2})(?:T.*)?$/,
  /^(?<year>\d{4})[/.](?<month>\d{1,2})[/.](?<day>\d{1,2})$/,
  // Day first, as most of the world writes it
  /^(?<day>\d{1,2})[-/.](?<month>\d{1,2})[-/.](?<year>\d{4})$/,
];

export function birthDateFrom(text: string): string | undefined {
  const plain = text.trim();
  const parts = FORMS.map((form) => form.exec(plain)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return undefined;
  const { year = '', month = '', day = '' } = parts;
  const digits = year + month.padStart(2, '0') + day.padStart(2, '0');
  return isDay(Number(year), Number(month), Number(day)) && !PREFILLED.has(digits) ? digits : undefined;
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1800 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
