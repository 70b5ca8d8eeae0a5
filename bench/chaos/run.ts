// One chaos run from seed to verdict: script, truth, processes, faults, quiet, comparison.
// Invariant: what it started is gone when it returns, whether it returns or throws.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createRandom, seedOf } from '../../src/emulator/random.ts';
import { createCrew, ownProcesses, type Crew } from './crew.ts';
import { Director, type Happened } from './director.ts';
import { Feeding } from './feeding.ts';
import { Oracle, type Truth } from './oracle.ts';
import { promisedFrame } from './promises.ts';
import { planFaults, type FaultCounts } from './plan.ts';
import type { AppendFsync } from '../../src/stores/redis/embedded/promises.ts';
import { startPrivateRedis, type PrivateRedis } from './private-redis.ts';
import { untilQuiet, type Waiting } from './quiet.ts';
import { playScenario } from './scenario.ts';
import { writeScript } from './script-file.ts';
import { judge, type Verdict } from './verdict.ts';
import { watchPartitions, type Wait } from './watch.ts';
import { openWorld, type World } from './world.ts';

export interface ChaosOptions extends FaultCounts {
  readonly seed: number;
  readonly events: number;
  readonly workers: number;
  readonly partitions: number;
  /** Events a second, while nothing is wrong. */
  readonly rate: number;
  readonly appendfsync: AppendFsync;
  readonly logFile: string | undefined;
}

export interface ChaosRun {
  readonly truth: Truth;
  readonly happened: readonly Happened[];
  readonly waits: readonly Wait[];
  readonly verdict: Verdict;
  /** What still waited when patience ended; nothing if all is well. */
  readonly stuck: Waiting | undefined;
  /** Requests the CRM answered from memory, under a key it had seen with the same body. */
  readonly answeredAgain: number;
  readonly seconds: number;
  readonly redisVersion: string;
}

/** From here until the first window is sent: the script, Redis and the workers. */
const START_MS = 5000;
/** A CRM batch whose worker died is taken up when its job's lock has run out. */
const QUIET_WITHIN_MS = 240_000;

export async function runChaos(options: ChaosOptions, tell: (line: string) => void): Promise<ChaosRun> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-chaos-'));
  const script = join(folder, 'script');
  // absolute: apt and dpkg run elsewhere
  const toolFolder = resolve(process.env['THROUGHLINE_DATA_DIR'] ?? '.throughline', 'redis');
  const { truth, windows } = prepare(options, script);
  tell(`script: ${truth.events} events of ${truth.states.size} conversations in ${windows} windows`);
  const server = await startPrivateRedis({ ...options, toolFolder, environment: process.env });
  const world = await openWorld({ redisUrl: server.url, partitions: options.partitions });
  const crew = createCrew({ processes: ownProcesses(), environment: world.environment, logFile: options.logFile });
  try {
    return await perform(options, { truth, windows, script, server, world, crew, tell });
  } finally {
    await crew.killAll();
    await world.close();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function prepare(options: ChaosOptions, file: string): { truth: Truth; windows: number } {
  const oracle = new Oracle();
  const writer = writeScript(file);
  const begunAt = Date.now() + START_MS;
  playScenario(options, (window) => {
    for (const frame of window) oracle.apply(frame);
    // one a window, sent when the window is due
    const { id, frame } = promisedFrame(
      oracle.promised.size,
      begunAt + Math.round((oracle.events * 1000) / options.rate),
    );
    oracle.promise(id, frame);
    writer.add([...window, frame]);
  });
  return { truth: oracle, windows: writer.end() };
}

interface Prepared {
  readonly truth: Truth;
  readonly windows: number;
  readonly script: string;
  readonly server: PrivateRedis;
  readonly world: World;
  readonly crew: Crew;
  readonly tell: (line: string) => void;
}

async function perform(options: ChaosOptions, prepared: Prepared): Promise<ChaosRun> {
  const { truth, windows, script, server, world, crew, tell } = prepared;
  const random = createRandom(seedOf('faults', options.seed));
  const startedAt = performance.now();
  const watch = watchPartitions(world);
  const windowsPerSecond = (options.rate * windows) / truth.events;
  const feeding = new Feeding({ crew, script, windows, windowsPerSecond });
  const director = new Director({ crew, server, feeding, windows, random });
  const progress = setInterval(() => tell(`${feeding.taken} of ${windows} windows`), 10_000);
  try {
    await director.startWorkers(options.workers);
    await director.perform(planFaults(random, options));
    tell('fed: waiting until nothing waits');
    const stuck = await untilQuiet(world, QUIET_WITHIN_MS);
    const seconds = (performance.now() - startedAt) / 1000;
    const { duplicatesByKey: answeredAgain } = world.crm.totals();
    const verdict = await judge(world, truth);
    const { happened } = director;
    const { version: redisVersion } = server;
    return { truth, happened, waits: watch.waits, verdict, stuck, answeredAgain, seconds, redisVersion };
  } finally {
    clearInterval(progress);
    await watch.stop();
  }
}
