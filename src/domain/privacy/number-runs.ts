// Digits that stand together, written ("0450 61 19 97") or spoken ("oh four five double six"), as one number each.
// Invariant: linear in the text, however long a run is: its pattern can match a place in one way only.
import { DIGIT_WORDS, FILLERS, REPEATS, TEENS, TENS } from './digit-words.ts';

export interface DigitGroup {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
}

export interface NumberRun extends DigitGroup {
  readonly spoken: boolean;
  /** The runs of digits between separators; of a spoken number, each word's. */
  readonly groups: readonly DigitGroup[];
}

const WRITTEN = /\d(?:[ .\-()/]{0,3}\d)*/g;
const DIGITS = /\d+/g;
/** Fewer say nothing of a person: the shortest national phone numbers have six digits. */
const FEWEST_WRITTEN = 6;
const FEWEST_SPOKEN = 6;
const LETTER = /[\p{L}\p{M}]/u;

export function writtenNumbers(text: string): NumberRun[] {
  const runs: NumberRun[] = [];
  for (const { index, 0: match } of text.matchAll(WRITTEN)) {
    if (match.length < FEWEST_WRITTEN) continue;
    const groups = [...match.matchAll(DIGITS)].map((group) => groupAt(index + group.index, group[0]));
    const digits = groups.map((group) => group.digits).join('');
    if (digits.length >= FEWEST_WRITTEN) {
      runs.push({ start: index, end: index + match.length, digits, groups, spoken: false });
    }
  }
  return runs;
}

const groupAt = (start: number, digits: string): DigitGroup => ({ start, end: start + digits.length, digits });

/** "sn25": part of a word, so no number of its own. */
export const touchesLetter = (text: string, { start, end }: { start: number; end: number }): boolean =>
  LETTER.test(text.charAt(start - 1)) || LETTER.test(text.charAt(end));

const TOKEN = /[\p{L}\p{M}]+|\d+/gu;
const BETWEEN_WORDS = /^[\s,.-]{1,3}$/;

/** Runs of spoken digits; digits that are written among them count. */
export function spokenNumbers(text: string): NumberRun[] {
  const runs: NumberRun[] = [];
  let run: DigitGroup[] = [];
  let repeat: { readonly times: number; readonly start: number } | undefined;
  let last = 0;
  const close = (): void => {
    const whole = spokenRun(run);
    if (whole !== undefined) runs.push(whole);
    run = [];
    repeat = undefined;
  };
  for (const { index, 0: match } of text.matchAll(TOKEN)) {
    if ((run.length > 0 || repeat !== undefined) && !BETWEEN_WORDS.test(text.slice(last, index))) close();
    last = index + match.length;
    const word = match.toLowerCase();
    const times = REPEATS.get(word);
    const digits = FILLERS.has(word) ? undefined : digitsOf(word);
    if (digits !== undefined) {
      const said = repeat !== undefined && digits.length === 1 ? digits.repeat(repeat.times) : digits;
      run = withGroup(run, { start: repeat?.start ?? index, end: last, digits: said });
      repeat = undefined;
    } else if (times !== undefined) repeat = { times, start: index };
    else if (!FILLERS.has(word)) close();
  }
  close();
  return runs;
}

const digitsOf = (word: string): string | undefined =>
  /^\d/.test(word) ? word : (DIGIT_WORDS.get(word) ?? TEENS.get(word) ?? TENS.get(word));

/** "twenty eight" is 28, not 208. */
function withGroup(run: DigitGroup[], group: DigitGroup): DigitGroup[] {
  const before = run.at(-1);
  const isOfTens = before !== undefined && /^[2-9]0$/.test(before.digits) && before.end - before.start > 3;
  if (isOfTens && /^[1-9]$/.test(group.digits)) {
    run[run.length - 1] = { start: before.start, end: group.end, digits: `${before.digits.charAt(0)}${group.digits}` };
  } else run.push(group);
  return run;
}

function spokenRun(groups: readonly DigitGroup[]): NumberRun | undefined {
  const [first] = groups;
  const end = groups.at(-1)?.end;
  if (first === undefined || end === undefined) return undefined;
  const digits = groups.map((group) => group.digits).join('');
  const words = groups.filter((group) => group.end - group.start !== group.digits.length).length;
  if (digits.length < FEWEST_SPOKEN || words * 2 < groups.length) return undefined;
  return { start: first.start, end, digits, groups, spoken: true };
}
