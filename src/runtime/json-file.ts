// Reads a JSON file that a setting names. Invariant: every problem at once, each with its place in the file; the file is
// bounded and its content never stands in a message beyond the names its schema asks about.
import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';

/** 500 fields of a few hundred bytes each. */
const MAX_BYTES = 262_144;
const MAX_PROBLEMS = 50;

export type ReadFile<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

/** `expected` ends the message where there is no such file: what to do instead. */
export function readJsonFile<S extends z.ZodType>(path: string, schema: S, expected: string): ReadFile<z.output<S>> {
  const text = textOf(path, expected);
  if (typeof text !== 'string') return text;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return broken(`"${path}" is not JSON: ${error instanceof Error ? placeOf(error.message) : 'unreadable'}.`);
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.map((issue) => `"${path}" at ${whereIs(issue)}: ${sentence(issue.message)}`);
  const more = problems.length - MAX_PROBLEMS;
  return broken(...problems.slice(0, MAX_PROBLEMS), ...(more > 0 ? [`"${path}": and ${more} more.`] : []));
}

type Broken = Extract<ReadFile<unknown>, { ok: false }>;

function textOf(path: string, expected: string): string | Broken {
  try {
    const file = statSync(path);
    if (!file.isFile()) return broken(`"${path}" is not a file. ${expected}`);
    if (file.size > MAX_BYTES) return broken(`"${path}" is over 256 KiB. ${expected}`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return broken(`"${path}" cannot be read (${code}). ${expected}`);
  }
}

const broken = (...problems: readonly string[]): Broken => ({ ok: false, problems });

const whereIs = ({ path }: z.core.$ZodIssue): string => (path.length === 0 ? 'the top' : path.join('.'));

const sentence = (text: string): string => (/[.?]$/.test(text) ? text : `${text}.`);

/** The position only: the engine's message quotes the text around it. */
const placeOf = (message: string): string => /at position \d+( \(line \d+ column \d+\))?/.exec(message)?.[0] ?? 'it ends too early'; // prettier-ignore
