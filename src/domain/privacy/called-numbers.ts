// Spoken numbers that nothing but their cue tells from a phone number: "my social is one two three …". Invariant: written
// ones have detectors of their own; how long each kind may be comes from how people say it.
import { cueBefore, type Cue } from './cues.ts';
import type { NumberRun } from './number-runs.ts';
import type { PiiType, Span } from './pii.ts';

const KINDS: Readonly<
  Partial<Record<Cue, { readonly type: PiiType; readonly fewest: number; readonly most: number }>>
> = {
  ssn: { type: 'US_SSN', fewest: 9, most: 9 },
  id: { type: 'NATIONAL_ID', fewest: 8, most: 15 },
  // "twelve five nineteen eighty"
  birth: { type: 'DATE_OF_BIRTH', fewest: 6, most: 8 },
};

export function findCalledNumbers(text: string, runs: readonly NumberRun[]): Span[] {
  return runs.flatMap(({ start, end, digits, spoken }) => {
    const cue = spoken ? cueBefore(text, start) : undefined;
    const kind = cue === undefined ? undefined : KINDS[cue];
    if (kind === undefined || digits.length < kind.fewest || digits.length > kind.most) return [];
    return [{ start, end, type: kind.type }];
  });
}
