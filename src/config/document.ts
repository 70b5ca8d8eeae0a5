// The configuration written out: .env.example, the documentation's table, and the environment of a child process.
// Invariant: everything here is made from the entries; `throughline config docs` and a test keep the copies true.
import type { Config } from './entries.ts';
import type { Entry } from './entries/entry.ts';
import { fileTwin, mayBeFile, table } from './load.ts';

/** The settled configuration as environment variables: loading them again gives the same configuration. */
export function environmentFor(config: Config): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [key, entry] of table) {
    const value = config[key];
    if (value !== undefined) variables[entry.env] = String(value);
  }
  return variables;
}

/** `.env.example`: every setting, commented out, with its default or an example. */
export function renderEnvExample(): string {
  const head = [
    '# Settings of Throughline. Copy to `.env` and uncomment what you change; the environment wins over `.env`.',
    '# A secret, and the SLA rules, can also come from a file: NAME_FILE=/path. Made by `throughline config docs --env-example`.',
  ];
  const groups = byGroup().map(([group, members]) => {
    const lines = members.flatMap(({ env, description, example, ...entry }) => [
      `# ${description}`,
      `# ${env}=${entry.default ?? (entry.secret ? '' : example)}`,
    ]);
    return `\n# --- ${group} ---\n${lines.join('\n')}`;
  });
  return `${[...head, ...groups].join('\n')}\n`;
}

/** A Markdown table a group. */
export function renderTables(): string {
  const sections = byGroup().map(([group, members]) => {
    const rows = members.map((entry) => `| ${[variable(entry), fallback(entry), meaning(entry)].join(' | ')} |`);
    return [`### ${group}`, '', '| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}

function byGroup(): readonly (readonly [string, readonly Entry[]])[] {
  const groups = new Map<string, Entry[]>();
  for (const [, entry] of table) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  return [...groups];
}

const variable = (entry: Entry): string =>
  mayBeFile(entry) ? `\`${entry.env}\`, \`${fileTwin(entry)}\`` : `\`${entry.env}\``;
const fallback = (entry: Entry): string => (entry.default === undefined ? '–' : `\`${entry.default}\``);
const meaning = (entry: Entry): string => `${entry.description} Example: \`${entry.example}\``.replaceAll('|', '\\|');
