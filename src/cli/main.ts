// The command line: names the commands, turns their ends into exit codes. Invariant: a person sees a message, never a
// stack trace, unless it is our mistake.
import { Command, CommanderError } from 'commander';
import { Failure } from '../runtime/errors.ts';
import { version } from '../runtime/version.ts';
import { auditCommand } from './audit.command.ts';
import { configCommand } from './config.command.ts';
import { deadLettersCommand } from './dead-letters.command.ts';
import { emulatorCommand } from './emulator.command.ts';
import { enrichCommand } from './enrich.command.ts';
import { CommandFailure, EXIT_FAILED, EXIT_OK, EXIT_USAGE } from './exit.ts';
import { gapsCommand } from './gaps.command.ts';
import { identityCommand } from './identity.command.ts';
import { inspectAttributesCommand } from './inspect-attributes.command.ts';
import { partitionsCommand } from './partitions.command.ts';
import { privacyCommand } from './privacy.command.ts';
import { simulateCommand } from './simulate.command.ts';
import { statusCommand } from './status.command.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { upCommand } from './up.command.ts';
import { webhooksCommand } from './webhooks.command.ts';

const EXAMPLES = `
Examples:
  npx throughline up                 start everything, the platform emulated
  npx throughline status             how does it do?
  npx throughline gaps               what was not heard, and what repaired it?
  npx throughline inspect-attributes CONVERSATION
                                     what would go onto it, and why no more?
  npx throughline audit              what came of each injection?
  npx throughline identity explain A B --input records.ndjson
                                     are these two one person, and why?
  npx throughline simulate           send customers through scenario files
  npx throughline privacy redact FILE
                                     the text without personal data
  npx throughline config check       is the configuration sound?
  npx throughline config docs        what can be set?

Settings come from the environment and from a file .env in the working
directory.`;

const COMMANDS = [
  upCommand,
  statusCommand,
  gapsCommand,
  inspectAttributesCommand,
  deadLettersCommand,
  partitionsCommand,
  auditCommand,
  webhooksCommand,
  privacyCommand,
  emulatorCommand,
  simulateCommand,
  enrichCommand,
  identityCommand,
  configCommand,
] as const;

/** Resolves with the exit code. */
export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let exitCode = EXIT_OK;
  const end = (code: number): void => {
    exitCode = code;
  };
  const program = new Command('throughline')
    .description('Conversation events of Genesys Cloud, in order and exactly once, to the CRM and the agent.')
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.error })
    // with their arguments the names would leave no room for what they do
    .configureHelp({ subcommandTerm: (command) => command.name() });
  for (const add of COMMANDS) add(program, terminal, end);
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : [...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error, terminal);
  }
}

/** Prints why a command failed; gives the exit code. */
export function explain(error: unknown, terminal: Terminal): number {
  // commander has printed its message already
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof CommandFailure || error instanceof Failure) {
    terminal.error(`${error.message}\n`);
    return error instanceof CommandFailure ? error.exitCode : EXIT_FAILED;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : 'a value that is not an Error was thrown';
  terminal.error(`This is a mistake in Throughline:\n${text}\n`);
  return EXIT_FAILED;
}
