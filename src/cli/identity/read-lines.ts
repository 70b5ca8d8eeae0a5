// Reads NDJSON whose lines have an id. Invariants: every line that cannot be read is named by its number and field, never
// by what it holds; an id comes once; an input that is too large is refused before memory runs out.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { CommandFailure, EXIT_USAGE } from '../exit.ts';

const MOST_LINES = 500_000;
const LINES_TOLD = 5;

export async function readLines<T extends { readonly id: string }>(
  path: string,
  schema: z.ZodType<T>,
): Promise<Map<string, T>> {
  const read = new Map<string, T>();
  const problems: string[] = [];
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      number += 1;
      if (number > MOST_LINES)
        throw new CommandFailure(`${path} has more than ${MOST_LINES} lines: split it.`, EXIT_USAGE);
      if (line.trim() === '') continue;
      const { value, problem } = parse(line, schema);
      if (value === undefined) problems.push(`line ${number}: ${problem}`);
      else if (read.has(value.id)) problems.push(`line ${number}: id: another line has it too`);
      else read.set(value.id, value);
    }
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CommandFailure(`${path} cannot be read (${code}).`, EXIT_USAGE);
  }
  if (problems.length > 0) throw new CommandFailure(complaint(path, problems), EXIT_USAGE);
  if (read.size === 0) throw new CommandFailure(`${path} holds no record: give one JSON object a line.`, EXIT_USAGE);
  return read;
}

function parse<T>(line: string, schema: z.ZodType<T>): { readonly value?: T; readonly problem?: string } {
  const { success, data, error } = schema.safeParse(jsonOf(line));
  if (success) return { value: data };
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  return { problem: field === '' ? 'it is no JSON object' : `${field}: ${issue?.message ?? 'cannot be read'}` };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function complaint(path: string, problems: readonly string[]): string {
  const more = problems.length > LINES_TOLD ? [`and ${problems.length - LINES_TOLD} more`] : [];
  return [`${path} cannot be used:`, ...problems.slice(0, LINES_TOLD), ...more].join('\n  ');
}
