// `throughline config …`: is the configuration sound, what is settled, what can be set.
import type { Command } from 'commander';
import { environmentFor, renderEnvExample, renderTables } from '../config/document.ts';
import { fileTwin, given, table } from '../config/load.ts';
import { EXIT_OK } from './exit.ts';
import { readSettings, type Settings } from './settings.ts';
import type { Terminal } from './terminal.ts';

export function configCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  const config = program
    .command('config')
    .summary('check, print or document the configuration')
    .description('Settings.');
  const add = (name: string, summary: string, text: () => string): void => {
    config
      .command(name)
      .summary(summary)
      .description(`${summary}.`)
      .action(() => {
        terminal.out(text());
        end(EXIT_OK);
      });
  };
  add('check', 'say what is wrong with the configuration, all of it', () => soundness(readSettings()));
  add('print', 'print every setting as it is settled, secrets hidden', () => printed(readSettings()));
  config
    .command('docs')
    .summary('print what can be set, as Markdown tables')
    .description('Prints what can be set, as Markdown tables.')
    .option('--env-example', 'as the text of .env.example')
    .action(({ envExample = false }: { envExample?: boolean }) => {
      terminal.out(envExample ? renderEnvExample() : renderTables());
      end(EXIT_OK);
    });
}

const isSet = ({ environment }: Settings, variable: string): boolean => given(environment, variable) !== undefined;

function soundness(settings: Settings): string {
  const set = table.filter(([, entry]) => isSet(settings, entry.env) || isSet(settings, fileTwin(entry)));
  return `The configuration is sound: ${set.length} of ${table.length} settings are set, the rest are defaults.\n`;
}

/** One line a setting, in the form of an environment file. */
export function printed(settings: Settings): string {
  const values = environmentFor({ ...settings.config, dataDir: settings.dataDir });
  const lines = table.map(([, entry]) => {
    const value = values[entry.env];
    const shown = value === undefined ? '' : entry.secret ? '(set, not shown)' : value;
    const origin = isSet(settings, entry.env) ? 'set' : isSet(settings, fileTwin(entry)) ? 'from its file' : 'default';
    return `${entry.env}=${shown}${value === undefined ? '  # unset' : `  # ${origin}`}`;
  });
  return `${lines.join('\n')}\n`;
}
