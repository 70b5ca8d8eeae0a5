// `throughline simulate`: customers go through the journeys of scenario files at a running emulator.
import { randomUUID } from 'node:crypto';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { systemClock } from '../runtime/clock.ts';
import type { Journey } from '../emulator/scenarios/journey.ts';
import { emulatorClient } from '../simulate/emulator-client.ts';
import { simulate, type Progress, type Summary } from '../simulate/run.ts';
import { readScenario, scenarioNames } from '../simulate/scenario-files.ts';
import { columns } from './dead-letters/text.ts';
import { wholeNumber } from './dead-letters/options.ts';
import { CommandFailure, EXIT_FAILED, EXIT_OK, EXIT_USAGE } from './exit.ts';
import { readSettings } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { urlOf } from './up/plan.ts';
import { createLiveLine } from './up/screen.ts';
import { listenForStop } from './up/stop-signal.ts';

interface SimulateOptions {
  readonly scenario?: readonly string[];
  readonly rate: number;
  readonly duration: number;
  readonly seed: number;
  readonly emulator?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  npx throughline simulate --list
  npx throughline simulate --scenario one-customer-four-channels --rate 60 --duration 5m
  npx throughline simulate --scenario ./my-journey.json --seed 7 --json

The emulator of \`npx throughline up\` takes them; src/emulator/README.md has the form of a scenario file.`;

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
    ) // prettier-ignore
    .option('--emulator <url>', 'where the emulator answers (default: that of `up`)')
    .option('--list', 'show the scenarios that come along')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SimulateOptions) => {
      const journeys = readAll(options.scenario ?? scenarioNames());
      if (options.list === true) {
        terminal.out(`${columns(journeys.map(({ name, says }) => [name, says]))}\n`);
        end(EXIT_OK);
        return;
      }
      const summary = await runHere(options, journeys, terminal);
      terminal.out(
        options.json === true ? `${JSON.stringify(summary, undefined, 2)}\n` : summaryText(summary, options),
      );
      end(summary.cutShort || summary.refused > 0 ? EXIT_FAILED : EXIT_OK);
    });
}

function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(amount) * (unit === 'h' ? 3_600_000 : unit === 'm' ? 60_000 : 1000);
  if (ms > 0) return ms;
  throw new InvalidArgumentError('It must be a number with s, m or h, as in 90s, 5m or 1h.');
}

function readAll(scenarios: readonly string[]): readonly [Journey, ...Journey[]] {
  const read = scenarios.map(readScenario);
  const problems = read.flatMap((one) => (one.ok ? [] : [one.problem]));
  if (problems.length > 0) throw new CommandFailure(problems.join('\n'), EXIT_USAGE);
  const [first, ...others] = read.flatMap((one) => (one.ok ? [one.journey] : []));
  if (first === undefined) throw new CommandFailure('No scenario is named: give one with --scenario.', EXIT_USAGE);
  return [first, ...others];
}

async function runHere(
  { rate, duration: durationMs, seed, emulator }: SimulateOptions,
  journeys: readonly [Journey, ...Journey[]],
  terminal: Terminal,
): Promise<Summary> {
  const stop = listenForStop(systemClock, () => process.exit(EXIT_FAILED));
  const line = createLiveLine({ ...terminal, out: terminal.error }, () => systemClock.now());
  try {
    return await simulate({
      client: emulatorClient(emulatorUrl(emulator)),
      run: `simulate-${seed}-${randomUUID().slice(0, 8)}`,
      journeys,
      ratePerMinute: rate,
      durationMs,
      seed,
      clock: systemClock,
      stopping: stop.requested,
      onProgress: (progress) => line.update(progressText(progress, durationMs)),
    });
  } finally {
    line.end();
    stop.release();
  }
}

function emulatorUrl(named: string | undefined): string {
  if (named !== undefined && !URL.canParse(named)) {
    throw new CommandFailure(
      `--emulator ${named} is no address. Example: --emulator http://127.0.0.1:7710`,
      EXIT_USAGE,
    );
  }
  return named ?? urlOf('127.0.0.1', readSettings().config.emulatorPort);
}

function progressText({ elapsedMs, closing, started, finished, conversations }: Progress, durationMs: number): string {
  const part = closing ? 'closing' : `${Math.min(100, Math.floor((elapsedMs / durationMs) * 100))} %`;
  return `${part} · journeys ${started} begun, ${finished} finished · conversations ${mediaText(conversations)}`;
}

const mediaText = (conversations: Readonly<Record<string, number>>): string =>
  Object.entries(conversations)
    .map(([media, count]) => `${media} ${count}`)
    .join(', ') || 'none';

function summaryText(summary: Summary, { rate, seed }: SimulateOptions): string {
  const { byScenario, started, finished, refused, conversations, elapsedMs, cutShort } = summary;
  const rows = Object.entries(byScenario).map(([name, count]) => [name, String(count)]);
  const lines = [
    `Seed ${seed}, ${rate} journeys a minute, ${(elapsedMs / 1000).toFixed(1)} s${cutShort ? ', stopped before its end' : ''}`,
    columns([['scenario', 'journeys'], ...rows]),
    `journeys       ${started} begun, ${finished} finished${refused > 0 ? `, ${refused} cut short: too many were live at once` : ''}`,
    `conversations  ${mediaText(conversations)}`,
  ];
  return `${lines.join('\n')}\n`;
}
