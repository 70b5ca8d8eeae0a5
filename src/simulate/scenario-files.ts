// Scenario files, found and read: those that come with Throughline by name, others by path.
// Invariant: a problem names the file, where in it, and what would be right; every problem at once.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../config/nearest.ts';
import { journeySchema, type Journey } from '../emulator/scenarios/journey.ts';

export type ReadScenario =
  | { readonly ok: true; readonly journey: Journey }
  | { readonly ok: false; readonly problem: string };

const folder = fileURLToPath(new URL('scenarios', import.meta.url));
const MAX_BYTES = 1024 * 1024;

/** Names of those that come with Throughline. */
export const scenarioNames = (): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace(/\.json$/, ''))
    .toSorted();

/** A bare word is a name, anything else a path. */
export function readScenario(nameOrPath: string): ReadScenario {
  if (!/^[\w-]+$/.test(nameOrPath)) return readFile(nameOrPath);
  const names = scenarioNames();
  if (names.includes(nameOrPath)) return readFile(join(folder, `${nameOrPath}.json`));
  const meant = nearest(nameOrPath, names);
  const hint = meant === undefined ? `There are ${names.join(', ')}` : `Did you mean ${meant}?`;
  return {
    ok: false,
    problem: `No scenario is named "${nameOrPath}". ${hint}; a file is given by its path (./my.json).`,
  };
}

function readFile(path: string): ReadScenario {
  try {
    if (statSync(path).size > MAX_BYTES)
      return { ok: false, problem: `${path} is over 1 MiB: no scenario is that long.` };
    return parseScenario(path, readFileSync(path, 'utf8'));
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return { ok: false, problem: `${path} cannot be read (${code}).` };
  }
}

export function parseScenario(path: string, text: string): ReadScenario {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return { ok: false, problem: `${path} is not JSON: ${error instanceof Error ? error.message : 'unknown error'}` };
  }
  const parsed = journeySchema.safeParse(content);
  if (parsed.success) return { ok: true, journey: parsed.data };
  const problems = parsed.error.issues.map(({ path: at, message }) => `  ${placeOf(at)}: ${message}`);
  return { ok: false, problem: `${path} is not a scenario:\n${problems.join('\n')}` };
}

const placeOf = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? 'the file' : path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join(''); // prettier-ignore
