// `throughline simulate`: customers go through the journeys of scenario files at a running emulator.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { wholeNumber } from './dead-letters/options.ts';
import type { SimulateOptions } from './simulate/simulate-here.ts';
import type { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  npx throughline simulate --list
  npx throughline simulate --scenario email-parked --rate 60 --duration 5m
  npx throughline simulate --scenario ./my-journey.json --seed 7 --json

The emulator of \`npx throughline up\`, or of \`npx throughline emulator\`, takes
them. At a real organisation (--open-messaging) the customers of message
scenarios write through an open messaging integration (permission
conversation:message:receive), signed in with THROUGHLINE_GENESYS_CLIENT_ID and
its secret; who answers is up to the organisation. src/emulator/README.md has
the form of a scenario file.`;

export function simulateCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  program
    .command('simulate')
    .summary('send customers through scenario files')
    .description('Sends customers through the journeys of scenario files, at a running emulator.')
    .option(
      '--scenario <name or file...>',
      'whose journeys; may be given more than once (default: all that come along)',
    )
    .addOption(new Option('--rate <number>', 'journeys begun a minute').argParser(wholeNumber(1, 600_000)).default(30))
    .addOption(new Option('--duration <time>', 'how long (90s, 5m, 1h)').argParser(duration).default(60_000, '1m'))
    .addOption(
      new Option('--seed <number>', 'the same seed: the same run').argParser(wholeNumber(0, 999_999_999)).default(1),
    )
    .option('--emulator <url>', 'where the emulator answers (default: that of `up`)')
    .option('--open-messaging <integration id>', 'at a real organisation: messages through this integration')
    .option('--list', 'show the scenarios that come along')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SimulateOptions) => {
      const { simulateHere } = await import('./simulate/simulate-here.ts');
      end(await simulateHere(options, terminal));
    });
}

function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(amount) * (unit === 'h' ? 3_600_000 : unit === 'm' ? 60_000 : 1000);
  if (ms > 0) return ms;
  throw new InvalidArgumentError('It must be a number with s, m or h, as in 90s, 5m or 1h.');
}
