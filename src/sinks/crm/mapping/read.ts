// Reads the mapping file that a setting names. Invariant: every problem at once, each with its place in the file; the
// file is bounded and its content never stands in a message beyond the names the schema asks about.
import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import { Fatal } from '../../../runtime/errors.ts';
import { defaultMapping, mappingSchema, type Mapping } from './schema.ts';

/** 500 fields of a few hundred bytes each. */
const MAX_BYTES = 262_144;
const MAX_PROBLEMS = 50;

export type ReadMapping =
  | { readonly ok: true; readonly mapping: Mapping }
  | { readonly ok: false; readonly problems: readonly string[] };

/** No path: the default mapping. */
export function readMapping(path: string | undefined): ReadMapping {
  if (path === undefined) return { ok: true, mapping: defaultMapping };
  const text = textOf(path);
  if (typeof text !== 'string') return text;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return broken(`"${path}" is not JSON: ${error instanceof Error ? placeOf(error.message) : 'unreadable'}.`);
  }
  const parsed = mappingSchema.safeParse(given);
  if (parsed.success) return { ok: true, mapping: parsed.data };
  const problems = parsed.error.issues.map((issue) => `"${path}" at ${whereIs(issue)}: ${sentence(issue.message)}`);
  const more = problems.length - MAX_PROBLEMS;
  return broken(...problems.slice(0, MAX_PROBLEMS), ...(more > 0 ? [`"${path}": and ${more} more.`] : []));
}

/** @throws Fatal: the file was sound when the process checked its settings, and has changed since. */
export function loadMapping(path: string | undefined): Mapping {
  const read = readMapping(path);
  if (read.ok) return read.mapping;
  throw new Fatal('configuration', `THROUGHLINE_CRM_MAPPING: ${read.problems.join(' ')}`);
}

function textOf(path: string): string | Extract<ReadMapping, { ok: false }> {
  const expected = 'It must name a readable JSON file; ready ones are in mappings/.';
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

const broken = (...problems: readonly string[]): Extract<ReadMapping, { ok: false }> => ({ ok: false, problems });

const whereIs = ({ path }: z.core.$ZodIssue): string => (path.length === 0 ? 'the top' : path.join('.'));

const sentence = (text: string): string => (/[.?]$/.test(text) ? text : `${text}.`);

/** The position only: the engine's message quotes the text around it. */
const placeOf = (message: string): string => /at position \d+( \(line \d+ column \d+\))?/.exec(message)?.[0] ?? 'it ends too early'; // prettier-ignore
