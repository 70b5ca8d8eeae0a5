// A run of the simulator from the command line: which scenarios, at which host, and what a person is told of it.
import { randomUUID } from 'node:crypto';
import type { Journey } from '../../emulator/scenarios/journey.ts';
import { platformUrls } from '../../genesys/platform-url.ts';
import { createRest, type Rest } from '../../genesys/rest.ts';
import { createSignIn } from '../../genesys/sign-in.ts';
import { systemClock } from '../../runtime/clock.ts';
import { Failure } from '../../runtime/errors.ts';
import { emulatorHost } from '../../simulate/emulator-host.ts';
import { notByMessages, openMessagingHost } from '../../simulate/open-messaging.ts';
import { simulate, type JourneyHost, type Progress, type Summary } from '../../simulate/run.ts';
import { readScenario, scenarioNames } from '../../simulate/scenario-files.ts';
import { columns } from '../dead-letters/text.ts';
import { CommandFailure, EXIT_FAILED, EXIT_OK, EXIT_USAGE } from '../exit.ts';
import { readSettings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import { urlOf } from '../up/plan.ts';
import { createLiveLine } from '../up/screen.ts';
import { listenForStop } from '../up/stop-signal.ts';

export interface SimulateOptions {
  readonly scenario?: readonly string[];
  readonly rate: number;
  readonly duration: number;
  readonly seed: number;
  readonly emulator?: string;
  readonly openMessaging?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** What comes along that a real organisation can take. */
const MESSAGES = ['message-thread-with-receipts'];

/** Resolves with the exit code. */
export async function simulateHere(options: SimulateOptions, terminal: Terminal): Promise<number> {
  const journeys = readAll(options.scenario ?? (options.openMessaging === undefined ? scenarioNames() : MESSAGES));
  if (options.list === true) {
    terminal.out(`${columns(journeys.map(({ name, says }) => [name, says]))}\n`);
    return EXIT_OK;
  }
  const summary = await runHere(options, journeys, terminal);
  terminal.out(options.json === true ? `${JSON.stringify(summary, undefined, 2)}\n` : summaryText(summary, options));
  return summary.cutShort || summary.refused > 0 ? EXIT_FAILED : EXIT_OK;
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
  options: SimulateOptions,
  journeys: readonly [Journey, ...Journey[]],
  terminal: Terminal,
): Promise<Summary> {
  const { rate, duration: durationMs, seed } = options;
  const stop = listenForStop(systemClock, () => process.exit(EXIT_FAILED));
  const line = createLiveLine({ ...terminal, out: terminal.error }, () => systemClock.now());
  try {
    return await simulate({
      host: hostOf(options, journeys, stop.requested, (message) => line.say(message)),
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

function hostOf(
  { emulator, openMessaging }: SimulateOptions,
  journeys: readonly Journey[],
  stopping: AbortSignal,
  say: (message: string) => void,
): JourneyHost {
  if (openMessaging === undefined) return emulatorHost(emulatorUrl(emulator));
  if (emulator !== undefined)
    throw new CommandFailure('--emulator and --open-messaging exclude each other.', EXIT_USAGE);
  const problems = journeys.flatMap((journey) => notByMessages(journey) ?? []);
  if (problems.length > 0) throw new CommandFailure(problems.join('\n'), EXIT_USAGE);
  const onFailure = (failure: unknown): void =>
    say(failure instanceof Failure ? failure.message : 'a journey failed in a way nobody foresaw');
  return openMessagingHost({
    rest: organisationRest(),
    integrationId: openMessaging,
    clock: systemClock,
    stopping,
    onFailure,
  });
}

function organisationRest(): Rest {
  const { genesysClientId: clientId, genesysClientSecret: clientSecret, ...config } = readSettings().config;
  if (clientId === undefined || clientSecret === undefined) {
    const missing = '--open-messaging needs THROUGHLINE_GENESYS_CLIENT_ID and THROUGHLINE_GENESYS_CLIENT_SECRET';
    throw new CommandFailure(`${missing} of the organisation.`, EXIT_USAGE);
  }
  const { login: url, api } = platformUrls({ region: config.genesysRegion, gatewayUrl: config.genesysGatewayUrl });
  return createRest({ url: api, tokens: createSignIn({ url, clientId, clientSecret, clock: systemClock }) });
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
    `journeys       ${started} begun, ${finished} finished${refused > 0 ? `, ${refused} cut short` : ''}`,
    `conversations  ${mediaText(conversations)}`,
  ];
  return `${lines.join('\n')}\n`;
}
