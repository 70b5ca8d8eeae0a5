// A moment as a person writes it: an ISO date or time, or how long ago. Invariant: what is given back is a moment that
// exists; a time of day without a zone is refused, it would mean another moment on another machine.
import { z } from 'zod';

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const AGO = /^(\d{1,6})([smhdw])$/;
const iso = z.union([z.iso.date(), z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 })]);

export const INSTANT_FORMS =
  'must be how long ago (90s, 30m, 2h, 3d, 1w) or ISO 8601 (2026-03-02, 2026-03-02T14:00:00Z)';

/** Epoch ms; undefined for what is no moment. */
export function parseInstant(text: string, now: number): number | undefined {
  const [, amount, unit = ''] = AGO.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * (UNITS_MS[unit] ?? 0);
  return iso.safeParse(text).success ? Date.parse(text) : undefined;
}
