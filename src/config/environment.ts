// The one place that sees the process environment: reads it (with `.env` beneath it) and makes the one of a child.
// Invariant: what is set in the environment wins over `.env`, in whichever of its two forms (NAME, NAME_FILE) it is set.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Fatal } from '../runtime/errors.ts';
import { environmentFor } from './document.ts';
import type { Config } from './entries.ts';
import { fileTwin, given, table, type Environment } from './load.ts';

/** The environment, completed by the `.env` of `directory`. */
export function readEnvironment(directory: string = process.cwd()): Environment {
  return layer(process.env, readDotEnv(join(directory, '.env')));
}

/** For a child: what is no setting of ours as it is here, and every setting as it was settled. */
export function childEnvironment(config: Config): Record<string, string | undefined> {
  const ours = new Set(table.flatMap(([, entry]) => [entry.env, fileTwin(entry)]));
  const others = Object.entries(process.env).filter(([name]) => !ours.has(name));
  return { ...Object.fromEntries(others), ...environmentFor(config) };
}

export function layer(environment: Environment, file: Environment): Environment {
  const merged: Record<string, string | undefined> = { ...file };
  for (const name of Object.keys(environment)) {
    if (given(environment, name) === undefined) continue;
    delete merged[`${name}_FILE`];
    delete merged[name.replace(/_FILE$/, '')];
    merged[name] = environment[name];
  }
  return merged;
}

function readDotEnv(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new Fatal('configuration', `${path} cannot be read (${code ?? 'unknown error'}). Fix or remove it.`);
  }
}
