// The public chaos run: real processes are killed, paused, cut off and replaced while events pour in; afterwards all is
// compared with an oracle that nothing happened to. Invariant: ends with 1 unless every count of harm is zero.
import { parseArgs } from 'node:util';
import { reportOf, tableOf } from './chaos/report.ts';
import { runChaos, type ChaosOptions } from './chaos/run.ts';

const USAGE = `npm run chaos -- [--seed N] [--events M] [--workers W] [--kills K] [--pauses P] [--redis-restarts R]
                 [--changes C] [--partitions P] [--rate events/s] [--appendfsync everysec|always]
                 [--log FILE] [--json]
`;

const number = (fallback: number) => ({ type: 'string', default: String(fallback) }) as const;

function optionsOf(args: readonly string[]): { readonly options: ChaosOptions; readonly json: boolean } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: number(Math.floor(Date.now() / 1000) % 1_000_000),
      events: number(20_000),
      workers: number(3),
      kills: number(10),
      pauses: number(2),
      'redis-restarts': number(1),
      changes: number(1),
      partitions: number(16),
      rate: number(1000),
      appendfsync: { type: 'string', default: 'everysec' },
      log: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const whole = (
    name: 'seed' | 'events' | 'workers' | 'kills' | 'pauses' | 'redis-restarts' | 'changes' | 'partitions' | 'rate',
    least: number,
  ): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new TypeError(`--${name} must be a whole number from ${least}`);
  };
  const { appendfsync } = values;
  if (appendfsync !== 'everysec' && appendfsync !== 'always') {
    throw new TypeError('--appendfsync must be everysec or always');
  }
  const options = {
    seed: whole('seed', 0),
    events: whole('events', 1),
    workers: whole('workers', 1),
    kills: whole('kills', 0),
    pauses: whole('pauses', 0),
    redisRestarts: whole('redis-restarts', 0),
    changes: whole('changes', 0),
    partitions: whole('partitions', 1),
    rate: whole('rate', 1),
    appendfsync,
    logFile: values.log,
  } as const;
  return { options, json: values.json };
}

/** Its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let asked: ReturnType<typeof optionsOf>;
  try {
    asked = optionsOf(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  const { options, json } = asked;
  const tell = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  // an interrupted run takes its processes with it: what it started listens for `exit`
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  tell(`seed ${options.seed}`);
  const report = reportOf(options, await runChaos(options, tell));
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : tableOf(report)}\n`);
  return report.passed ? 0 : 1;
}
