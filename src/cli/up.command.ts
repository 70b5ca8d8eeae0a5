// `throughline up`.
import type { Command } from 'commander';
import { systemClock } from '../runtime/clock.ts';
import type { Terminal } from './terminal.ts';
import { up } from './up/up.ts';

export function upCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  program
    .command('up')
    .summary('start everything on this machine')
    .description(
      'Starts Redis (found, or fetched where there is none), the ingester, the workers, the API and console, and, ' +
        'without credentials of a real organisation, an emulated Genesys Cloud and CRM. Ctrl-C stops all of it.',
    )
    .action(async () => end(await up({ terminal, clock: systemClock })));
}
