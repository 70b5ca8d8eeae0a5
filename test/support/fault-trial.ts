// A fault trial: a small script, real processes, one disturbance, and the same comparison with the oracle as the chaos
// run. Invariant: everything it started is gone after `close`, and its keys with it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCrew, type Crew, type Member } from '../../bench/chaos/crew.ts';
import { Feeding } from '../../bench/chaos/feeding.ts';
import { Oracle } from '../../bench/chaos/oracle.ts';
import { untilQuiet, type Waiting } from '../../bench/chaos/quiet.ts';
import { playScenario } from '../../bench/chaos/scenario.ts';
import { writeScript, type ScriptedFrame } from '../../bench/chaos/script-file.ts';
import { judge, type Verdict } from '../../bench/chaos/verdict.ts';
import { openWorld, type World } from '../../bench/chaos/world.ts';
import type { Build } from './fault-build.ts';

export interface TrialOptions {
  readonly build: Build;
  readonly redisUrl: string;
  readonly redisUrlOfProcesses?: string;
  readonly seed?: number;
  readonly events?: number;
  readonly windowFrames?: number;
  readonly windowsPerSecond?: number;
  /** Feeders in a row at most. */
  readonly feederLives?: number;
  readonly partitions?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** Changes the script before it is written; the oracle sees the changed one. */
  readonly rewrite?: (windows: ScriptedFrame[][]) => ScriptedFrame[][];
}

export interface Conclusion extends Verdict {
  /** What still waited when patience ended. */
  readonly stuck: Waiting | undefined;
}

/** What a trial in which nothing was harmed concludes with. */
export const UNHARMED: Conclusion = {
  lost: 0,
  appliedTwice: 0,
  outOfOrder: 0,
  duplicatesByKey: 0,
  duplicatesByRecord: 0,
  findings: [],
  stuck: undefined,
};

export interface Trial {
  readonly world: World;
  readonly crew: Crew;
  readonly oracle: Oracle;
  /** An order makes it signal itself at a step: `<step>:<nth>:<signal>`. */
  startWorker(order?: string, program?: string): Member;
  startFeeding(): Feeding;
  /** Waits until nothing waits, at most `ms`, and compares. */
  conclude(ms?: number): Promise<Conclusion>;
  close(): Promise<void>;
}

/** Everything quick, so that a trial lasts seconds. */
const QUICK = {
  THROUGHLINE_PARTITION_SWEEP_MS: '150',
  THROUGHLINE_PARTITION_LINGER_MS: '50',
  THROUGHLINE_CRM_FLUSH_INTERVAL_MS: '100',
  THROUGHLINE_CRM_TIMEOUT_MS: '2000',
  THROUGHLINE_LOG_LEVEL: 'silent',
};

/** Opens a trial, has `body` disturb it, and closes it however that ends. */
export async function onTrial<T>(options: TrialOptions, body: (trial: Trial) => Promise<T>): Promise<T> {
  const trial = await openTrial(options);
  try {
    return await body(trial);
  } finally {
    await trial.close();
  }
}

async function openTrial(options: TrialOptions): Promise<Trial> {
  const {
    seed = 1,
    partitions = 2,
    windowsPerSecond = 8,
    settings = {},
    feederLives = Number.POSITIVE_INFINITY,
  } = options;
  const folder = mkdtempSync(join(tmpdir(), 'tl-trial-'));
  const script = join(folder, 'script');
  const { oracle, windows } = prepare(script, { ...options, seed });
  const world = await openWorld({ ...options, partitions, settings: { ...QUICK, ...settings } });
  const crew = createCrew({ processes: options.build.processes, environment: world.environment });
  return {
    world,
    crew,
    oracle,
    startWorker: (order, program = 'role-process') =>
      crew.start(program, 'worker', ...(order === undefined ? [] : [order])),
    startFeeding: () => new Feeding({ crew, script, windows, windowsPerSecond, lives: feederLives }),
    conclude: async (ms = 60_000) => ({ stuck: await untilQuiet(world, ms), ...(await judge(world, oracle)) }),
    close: async () => {
      await crew.killAll();
      await forget(world);
      await world.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function prepare(script: string, options: TrialOptions & { readonly seed: number }) {
  const { seed, events = 400, windowFrames = 40, rewrite = (windows) => windows } = options;
  const played: ScriptedFrame[][] = [];
  playScenario({ seed, events, windowFrames, copies: 0.05, poison: 0.05 }, (window) => played.push([...window]));
  const oracle = new Oracle();
  const writer = writeScript(script);
  for (const window of rewrite(played)) {
    writer.add(window);
    for (const frame of window) oracle.apply(frame);
  }
  return { oracle, windows: writer.end() };
}

async function forget({ redis, environment }: World): Promise<void> {
  const left = await redis.keys(`${environment['THROUGHLINE_REDIS_PREFIX']}:*`).catch(() => []);
  if (left.length > 0) await redis.del(...left);
}
