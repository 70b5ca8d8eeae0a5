// `throughline up`.
import type { Command } from 'commander';
import { systemClock } from '../runtime/clock.ts';
import type { Terminal } from './terminal.ts';
import { up } from './up/up.ts';

const HELP = `
The password of the console and the token for POST /v1/events are made at the
first start, kept in the data folder and shown; THROUGHLINE_CONSOLE_PASSWORD and
THROUGHLINE_EVENTS_TOKEN set your own.

Try it with an event of your own:
  curl http://127.0.0.1:7700/v1/events \\
    -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' \\
    -d '{"eventType":"participant:joined","conversationId":"c-1",
         "payload":{"participantId":"p-1","version":1}}'`;

export function upCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  program
    .command('up')
    .summary('start everything on this machine')
    .description(
      'Starts Redis (found, or fetched where there is none), PostgreSQL, the ingester, the workers, the API and console, and, ' +
        'without credentials of a real organisation, an emulated Genesys Cloud and CRM. Ctrl-C stops all of it.',
    )
    .addHelpText('after', HELP)
    .action(async () => end(await up({ terminal, clock: systemClock })));
}
