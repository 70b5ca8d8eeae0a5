// From environment text to the settled configuration, or to every problem at once.
// Invariant: pure but for reading the files that `*_FILE` names; a secret's value never enters a message.
import { readFileSync, statSync } from 'node:fs';
import { entries, type Config, type ConfigKey } from './entries.ts';
import type { Entry } from './entries/entry.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { brokenRelations } from './relations.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Loaded =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Settled =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly variable: string; readonly message: string };

/** No key or password is longer; a wrong path may name anything. */
const SECRET_FILE_MAX_BYTES = 65_536;

export const table: readonly (readonly [ConfigKey, Entry])[] = Object.entries(entries) as [ConfigKey, Entry][];

export function loadConfig(env: Environment): Loaded {
  const values: Partial<Record<ConfigKey, unknown>> = {};
  const problems: Problem[] = [];
  for (const [key, entry] of table) {
    const settled = settle(entry, env);
    if (settled.ok) values[key] = settled.value;
    else problems.push({ variable: settled.variable, message: settled.message });
  }
  problems.push(...unknownVariables(env), ...brokenRelations(values));
  return problems.length === 0 ? { ok: true, config: values as Config } : { ok: false, problems };
}

/** One screen that names every problem. */
export function describeProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'One problem' : `${problems.length} problems`;
  const lines = problems.map(({ variable, message }) => `  ${variable}: ${message}`);
  return `${count} in the configuration:\n${lines.join('\n')}\n`;
}

/** An empty variable counts as unset: compose files pass `${NAME:-}` for what nobody set. */
export const given = (env: Environment, variable: string): string | undefined => {
  const value = env[variable];
  return value === undefined || value === '' ? undefined : value;
};

export const fileTwin = (entry: Entry): string => `${entry.env}_FILE`;

export const mayBeFile = ({ secret, fromFile }: Entry): boolean => secret === true || fromFile === true;

function settle(entry: Entry, env: Environment): Settled {
  const direct = given(env, entry.env);
  const path = mayBeFile(entry) ? given(env, fileTwin(entry)) : undefined;
  if (direct !== undefined && path !== undefined) {
    return wrong(entry.env, `is set, and ${fileTwin(entry)} is set too. Keep one of the two.`);
  }
  if (path !== undefined) return settleFile(entry, path);
  const written = direct ?? entry.default;
  return written === undefined ? { ok: true, value: undefined } : parse(entry, written, entry.env);
}

function settleFile(entry: Entry, path: string): Settled {
  const variable = fileTwin(entry);
  const expected = `It must name a readable file that holds ${entry.env} and nothing else.`;
  try {
    const file = statSync(path);
    if (!file.isFile()) return wrong(variable, `"${path}" is not a file. ${expected}`);
    if (file.size > SECRET_FILE_MAX_BYTES) return wrong(variable, `"${path}" is over 64 KiB. ${expected}`);
    const content = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return content === '' ? wrong(variable, `"${path}" is empty. ${expected}`) : parse(entry, content, variable);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return wrong(variable, `"${path}" cannot be read (${code}). ${expected}`);
  }
}

function parse(entry: Entry, written: string, variable: string): Settled {
  const result = entry.schema.safeParse(written);
  if (result.success) return { ok: true, value: result.data };
  const reason = result.error.issues[0]?.message ?? 'is not valid';
  const shown = entry.secret ? 'the value (not shown)' : JSON.stringify(shorten(written));
  const example = entry.secret ? '' : ` Example: ${entry.env}=${entry.example}`;
  return wrong(variable, `${shown} ${reason}.${example}`);
}

function unknownVariables(env: Environment): Problem[] {
  const known = new Set(table.flatMap(([, entry]) => (mayBeFile(entry) ? [entry.env, fileTwin(entry)] : [entry.env])));
  return Object.keys(env)
    .filter((name) => name.startsWith('THROUGHLINE_') && !known.has(name))
    .sort()
    .map((variable) => ({ variable, message: unknownMessage(variable, [...known]) }));
}

function unknownMessage(variable: string, known: readonly string[]): string {
  const base = variable.replace(/_FILE$/, '');
  if (base !== variable && known.includes(base)) return `it cannot come from a file. Set ${base} itself.`;
  const hint = nearest(variable, known);
  return hint === undefined
    ? 'no such setting. `throughline config docs` lists them all.'
    : `no such setting. Did you mean ${hint}?`;
}

const wrong = (variable: string, message: string): Settled => ({ ok: false, variable, message });

const shorten = (value: string): string => (value.length <= 60 ? value : `${value.slice(0, 60)}…`);
