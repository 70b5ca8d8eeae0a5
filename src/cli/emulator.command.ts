// `throughline emulator`: the practice platform alone, for whoever needs a Genesys Cloud to work against.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { BREAKS } from '../emulator/genesys/fault-schedule.ts';
import { systemClock } from '../runtime/clock.ts';
import type { EmulatorFlags } from './emulator/emulate.ts';
import { EXIT_FAILED } from './exit.ts';
import type { Terminal } from './terminal.ts';
import { listenForStop } from './up/stop-signal.ts';

const HELP = `
Faults can be asked for at any moment too, through the control API: see
src/emulator/README.md.

Examples:
  npx throughline emulator --port 7710 --seed 42 --rate 600
  npx throughline emulator --duplicate 0.05 --reorder 0.02 --delay 0.01
  npx throughline emulator --break-every 60 --break-with half-open`;

export function emulatorCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  const command = program
    .command('emulator')
    .summary('start the Genesys Cloud emulator alone')
    .description(
      'Starts a Genesys Cloud on this machine: sign-in, API, notifications over WebSocket, and a contact centre at ' +
        'work. It listens on loopback. Where a flag is left out, the setting of the same name holds.',
    )
    .addHelpText('after', HELP);
  for (const option of storyOptions()) command.addOption(option);
  for (const option of faultOptions()) command.addOption(option);
  command.action(async (flags: EmulatorFlags) => {
    const { emulate } = await import('./emulator/emulate.ts');
    const stop = listenForStop(systemClock, () => process.exit(EXIT_FAILED));
    end(await emulate(flags, terminal, stop));
  });
}

function storyOptions(): readonly Option[] {
  return [
    number('--port <port>', 'port to listen on; 0 = any free one', whole(0, 65_535)),
    number('--seed <seed>', 'seed of the contact centre, its conversations and its faults', whole(0, 4_294_967_295)),
    number('--rate <count>', 'conversations that customers start in a minute', between(0, 600_000)),
    number('--speed <times>', 'how many times faster than life they pass', between(1, 10_000)),
    number('--agents <count>', 'agents of the contact centre', whole(1, 20_000)).default(64),
    number('--queues <count>', 'its queues, each a topic to follow', whole(1, 20_000)),
    number('--requests-per-minute <count>', 'REST calls a token may make; past it 429', whole(1, 10_000_000)),
    number('--token-seconds <seconds>', 'life of a token', whole(1, 172_800)).default(86_400),
  ];
}

function faultOptions(): readonly Option[] {
  const share = between(0, 1);
  return [
    number('--drop <share>', 'of the frames of topics, lost', share).default(0),
    number('--duplicate <share>', 'of them, sent twice', share).default(0),
    number('--reorder <share>', 'of them, overtaken by the next of their conversation', share).default(0),
    number('--delay <share>', 'of them, late', share).default(0),
    number('--delay-ms <ms>', 'the longest delay', whole(1, 600_000)).default(1000),
    number('--break-every <seconds>', 'break every socket again and again', between(0.1, 86_400)),
    new Option('--break-with <how>', 'how it is broken').choices(BREAKS).default('cut'),
    number('--skew-ms <ms>', 'how far the platform’s clock is ahead', whole(-31_536_000_000, 31_536_000_000)).default(
      0,
    ),
  ];
}

type Check = (value: number) => string | undefined;

const number = (flags: string, description: string, check: Check): Option =>
  new Option(flags, description).argParser((text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const problem = check(value);
    if (problem !== undefined) throw new InvalidArgumentError(problem);
    return value;
  });

function between(low: number, high: number): Check {
  return (value) => (value >= low && value <= high ? undefined : `Give a number from ${low} to ${high}.`);
}

function whole(low: number, high: number): Check {
  return (value) =>
    Number.isInteger(value) && value >= low && value <= high
      ? undefined
      : `Give a whole number from ${low} to ${high}.`;
}
