// Starts the practice platform, says how to use it, and ends it when asked. Invariant: it knows its own client alone: a
// configured one may be a real organisation's, and its secret would be on the screen.
import { once } from 'node:events';
import type { z } from 'zod';
import { startGenesysEmulator, type GenesysEmulator } from '../../emulator/genesys/emulator.ts';
import type { BreakPlan } from '../../emulator/genesys/fault-schedule.ts';
import { frameFaultsSchema, type FrameFaultPlan } from '../../emulator/genesys/frame-faults.ts';
import { EMULATOR_CLIENT } from '../../emulator/genesys/sign-in.ts';
import { CommandFailure, EXIT_OK, EXIT_USAGE } from '../exit.ts';
import { readSettings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import { portProblems } from '../up/ports.ts';
import type { StopSignal } from '../up/stop-signal.ts';

export interface EmulatorFlags extends Omit<FrameFaultPlan, 'seed'> {
  readonly port?: number;
  readonly seed?: number;
  readonly rate?: number;
  readonly speed?: number;
  readonly agents: number;
  readonly queues?: number;
  readonly requestsPerMinute?: number;
  readonly tokenSeconds: number;
  readonly breakEvery?: number;
  readonly breakWith: BreakPlan['how'];
  readonly skewMs: number;
}

const HOST = '127.0.0.1';

/** Resolves with the exit code once it has ended. */
export async function emulate(flags: EmulatorFlags, terminal: Terminal, stop: StopSignal): Promise<number> {
  try {
    const emulator = await start(flags);
    terminal.out(welcome(emulator));
    if (!stop.requested.aborted) await once(stop.requested, 'abort');
    await emulator.close();
    terminal.out('Stopped.\n');
    return EXIT_OK;
  } finally {
    stop.release();
  }
}

async function start(flags: EmulatorFlags): Promise<GenesysEmulator> {
  const { config } = readSettings();
  const { port = config.emulatorPort, seed = config.emulatorSeed, rate = config.emulatorRatePerMinute } = flags;
  const { drop, duplicate, reorder, delay, delayMs, breakEvery, breakWith, agents, tokenSeconds, skewMs } = flags;
  const frameFaults = frameFaultsSchema.safeParse({ drop, duplicate, reorder, delay, delayMs, seed });
  if (!frameFaults.success) throw new CommandFailure(sentences(frameFaults.error), EXIT_USAGE);
  const problems = await portProblems([{ host: HOST, port, who: 'the emulator', variable: '--port' }]);
  if (problems.length > 0) throw new CommandFailure(problems.join('\n'));
  return startGenesysEmulator({
    host: HOST,
    port,
    seed,
    conversationsPerMinute: rate,
    speed: flags.speed ?? config.emulatorSpeed,
    agents,
    ...(flags.queues === undefined ? {} : { queues: flags.queues }),
    requestsPerMinute: flags.requestsPerMinute ?? config.emulatorRequestsPerMinute,
    tokenSeconds,
    skewMs,
    frameFaults: frameFaults.data,
    ...(breakEvery === undefined ? {} : { breaks: { everyMs: breakEvery * 1000, how: breakWith } }),
  });
}

const sentences = ({ issues }: z.ZodError): string => issues.map(({ message }) => `${message}.`).join('\n');

function welcome(emulator: GenesysEmulator): string {
  const { url, center } = emulator;
  const { seed, conversationsPerMinute, speed } = emulator.status();
  const { id, secret } = EMULATOR_CLIENT;
  const rows: readonly (readonly [string, string])[] = [
    ['API', `${url}/api/v2`],
    ['Sign-in', `POST ${url}/login/oauth/token   (grant_type=client_credentials, Basic)`],
    ['Client id', id],
    ['Secret', secret],
    ['Control API', `${url}/emulator/status   (the rest: src/emulator/README.md)`],
    ['Centre', `seed ${seed}, ${center.queues.length} queues, ${center.users.length} agents`],
    ['Story', `${conversationsPerMinute} conversations a minute, ${speed} times as fast as life`],
  ];
  const { hostname, port } = new URL(url);
  const gateway = `client.setGateway({ host: '${hostname}', protocol: 'http', port: ${port}, path_params_login: 'login', path_params_api: '' })`;
  return `\nGenesys Cloud emulator on ${url}

${rows.map(([name, value]) => `  ${name.padEnd(13)}${value}`).join('\n')}

  A token        curl -u ${id}:${secret} -d grant_type=client_credentials ${url}/oauth/token
  Official SDK   ${gateway}
  Throughline    THROUGHLINE_GENESYS_GATEWAY_URL=${url} THROUGHLINE_GENESYS_CLIENT_ID=${id} THROUGHLINE_GENESYS_CLIENT_SECRET=${secret}
  One more call  curl -H 'content-type: application/json' -d '{"media":"voice"}' ${url}/emulator/conversations

  Ctrl-C ends it.
\n`;
}
