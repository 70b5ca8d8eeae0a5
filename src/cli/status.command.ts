// `throughline status`: how a running Throughline does, as a short table or as JSON.
import type { Command } from 'commander';
import type { Overview } from '../api/sampling/overview-schema.ts';
import { CommandFailure, EXIT_OK } from './exit.ts';
import { askOverview } from './overview.ts';
import { readSettings, type Settings } from './settings.ts';
import { statusTable } from './status-table.ts';
import type { Terminal } from './terminal.ts';
import { runningInstance } from '../runtime/instance.ts';
import { urlOf } from './up/plan.ts';
import { readSecrets, secretsPath } from './up/secrets.ts';

export function statusCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  program
    .command('status')
    .summary('show how a running Throughline does')
    .description('Shows the stream, the figures, partitions, queues and processes of a running Throughline.')
    .option('--json', 'print the whole overview as JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const overview = await readOverview(readSettings());
      terminal.out(json ? `${JSON.stringify(overview, undefined, 2)}\n` : statusTable(overview));
      end(EXIT_OK);
    });
}

export async function readOverview(settings: Settings): Promise<Overview> {
  const { config, dataDir } = settings;
  const instance = runningInstance(dataDir);
  const url = instance?.consoleUrl ?? urlOf(config.apiHost, config.apiPort);
  const password = config.consolePassword ?? readSecrets(dataDir)?.consolePassword;
  if (password === undefined) throw new CommandFailure(`${notRunning(url)}\nNothing was ever started here.`);
  const answer = await askOverview(url, password);
  if (answer.kind === 'overview') return answer.overview;
  if (answer.kind === 'strange') throw new CommandFailure(`${url} is not to be understood: ${answer.reason}.`);
  if (answer.kind === 'refused') {
    const from = config.consolePassword === undefined ? secretsPath(dataDir) : 'THROUGHLINE_CONSOLE_PASSWORD';
    throw new CommandFailure(`${url} does not take the password of ${from}: another Throughline listens there.`);
  }
  throw new CommandFailure(
    instance === undefined
      ? notRunning(url)
      : `Throughline runs (process ${instance.pid}), but ${url} does not answer.`,
  );
}

const notRunning = (url: string): string =>
  `Throughline does not run: nothing answers at ${url}. Start it with: npx throughline up`;
