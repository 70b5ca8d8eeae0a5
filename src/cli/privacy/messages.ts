// The files of `throughline privacy`. Invariant: a problem names the file, the line and the field, never the content; a
// line is bounded.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { isSupportedCountry } from 'libphonenumber-js/max';
import { z } from 'zod';
import type { Profile } from '../../domain/privacy/pii.ts';
import { CommandFailure, EXIT_USAGE } from '../exit.ts';

const LONGEST_LINE = 16_777_216;
const LARGEST_PROFILE = 1_048_576;
const texts = z.array(z.string().max(1024)).max(1000);

export const profileSchema = z
  .object({
    name: z.string().max(1024).optional(),
    names: texts.optional(),
    emails: texts.optional(),
    phones: texts.optional(),
    addresses: texts.optional(),
    ids: texts.optional(),
  })
  .transform(({ name, names = [], emails = [], phones = [], addresses = [], ids = [] }): Profile => {
    return { names: name === undefined ? names : [name, ...names], emails, phones, addresses, ids };
  });

export async function readProfile(path: string): Promise<Profile> {
  const text = await readWhole(path);
  const parsed = profileSchema.safeParse(jsonOf(text, path, undefined));
  if (parsed.success) return parsed.data;
  throw new CommandFailure(
    `"${path}" at ${whereIs(parsed.error)}: a profile is an object of lists of texts.`,
    EXIT_USAGE,
  );
}

async function readWhole(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > LARGEST_PROFILE)
      throw new CommandFailure(`"${path}" is over 1 MiB: too large for a profile.`, EXIT_USAGE);
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Each line with its break, so that what is written can be what was read; the last may have none. */
export async function* linesOf(path: string): AsyncGenerator<{ readonly text: string; readonly number: number }> {
  const stream = path === '-' ? process.stdin : createReadStream(path);
  stream.setEncoding('utf8');
  let rest = '';
  let number = 0;
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const lines = `${rest}${chunk}`.split(/(?<=\n)/);
      rest = lines.at(-1)?.endsWith('\n') === false ? (lines.pop() ?? '') : '';
      for (const text of lines) yield { text, number: (number += 1) };
      if (rest.length > LONGEST_LINE)
        throw new CommandFailure(`${nameOf(path)}, line ${number + 1}: a line has at most 16 MiB.`, EXIT_USAGE);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  if (rest !== '') yield { text: rest, number: number + 1 };
}

function unreadable(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return error instanceof CommandFailure || code === undefined
    ? error
    : new CommandFailure(`${nameOf(path)} cannot be read (${code}).`, EXIT_USAGE);
}

export function jsonOf(text: string, path: string, line: number | undefined): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandFailure(`${nameOf(path)}${line === undefined ? '' : `, line ${line}`}: no JSON.`, EXIT_USAGE);
  }
}

/** NDJSON; empty lines are passed over. */
export async function* recordsOf<S extends z.ZodType>(path: string, schema: S): AsyncGenerator<z.output<S>> {
  for await (const { text, number } of linesOf(path)) {
    if (text.trim() === '') continue;
    const parsed = schema.safeParse(jsonOf(text, path, number));
    if (!parsed.success)
      throw new CommandFailure(
        `${nameOf(path)}, line ${number}: ${whereIs(parsed.error)} is missing or of another type.`,
        EXIT_USAGE,
      );
    yield parsed.data;
  }
}

const nameOf = (path: string): string => (path === '-' ? 'The input' : `"${path}"`);
const whereIs = (error: z.ZodError): string => error.issues[0]?.path.join('.') || 'the top';

export function region(text: string): string {
  const code = text.toUpperCase();
  if (isSupportedCountry(code)) return code;
  throw new InvalidArgumentError('It is a country of ISO 3166, such as NL or US.');
}
