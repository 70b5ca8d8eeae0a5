// One run of everything: the stores, then the roles, then figures on the screen until somebody stops it.
// Invariant: what was started is stopped, in the reverse order and within a bound, however the run ends.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment } from '../../config/environment.ts';
import type { Environment } from '../../config/load.ts';
import type { Clock } from '../../runtime/clock.ts';
import { every, type Ticker } from '../../runtime/ticker.ts';
import { projectRoot, version } from '../../runtime/version.ts';
import type { RunningRedis } from '../../stores/redis/embedded/start.ts';
import { CommandFailure, EXIT_FAILED, EXIT_OK, EXIT_USAGE } from '../exit.ts';
import { askOverview, type OverviewAnswer } from '../overview.ts';
import type { Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import { createCrew, type Crew } from './crew.ts';
import { launcher } from './launch.ts';
import { recordsOf, showLive } from './live.ts';
import { rotateLog } from './log-file.ts';
import type { Plan, RoleInstance } from './plan.ts';
import { openRedis } from './redis.ts';
import { createLiveLine, welcome, type LiveLine } from './screen.ts';
import { listenForStop, type StopSignal } from './stop-signal.ts';
import { openWarehouse, type OpenWarehouse } from './warehouse.ts';

export interface UpOptions {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly environment?: Environment;
  /** The program of the roles; the built one unless a test says otherwise. */
  readonly program?: string;
}

export interface RunOptions extends UpOptions {
  readonly settings: Settings;
  readonly plan: Plan;
  readonly startedAt: number;
}

const LOG_CHECK_MS = 30_000;
const EXIT_ON_SECOND: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

export class Run {
  readonly #options: RunOptions;
  readonly #line: LiveLine;
  readonly #stop: StopSignal;
  readonly #logDir: string;
  #redis: RunningRedis | undefined;
  #warehouse: OpenWarehouse | undefined;
  #crew: Crew | undefined;
  #logs: Ticker | undefined;
  /** Records that the CRM had before the first event of this run. */
  #recordsBefore: number | undefined;
  #givenUp: string | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#line = createLiveLine(options.terminal, () => options.clock.now());
    this.#logDir = join(options.settings.dataDir, 'logs');
    this.#stop = listenForStop(options.clock, (signal) => this.#endAtOnce(signal));
  }

  /** The exit code; rejects when it could not start or had to give up. */
  async untilStopped(): Promise<number> {
    let complaints: readonly string[] = [];
    try {
      await this.#startStores();
      await this.#startRoles();
      await this.#show();
    } finally {
      complaints = await this.#stopAll();
    }
    if (this.#givenUp !== undefined) throw new CommandFailure(this.#givenUp, EXIT_USAGE);
    if (complaints.length > 0) throw new CommandFailure(complaints.join('\n'), EXIT_FAILED);
    this.#options.terminal.out('Stopped cleanly.\n');
    return EXIT_OK;
  }

  async #startStores(): Promise<void> {
    const { config, dataDir, environment } = this.#options.settings;
    this.#line.update('Starting: Redis, PostgreSQL');
    const options = { config, dataDir, environment, onProgress: (text: string) => this.#line.say(text) };
    // both are known before either may fail, so that what was started is stopped
    const [redis, warehouse] = await Promise.allSettled([openRedis(options), openWarehouse(options)]);
    if (redis.status === 'fulfilled') this.#redis = redis.value;
    if (warehouse.status === 'fulfilled') this.#warehouse = warehouse.value;
    for (const store of [redis, warehouse]) if (store.status === 'rejected') throw store.reason;
  }

  async #startRoles(): Promise<void> {
    const { plan } = this.#options;
    mkdirSync(this.#logDir, { recursive: true, mode: 0o700 });
    const crew = this.#assemble();
    this.#crew = crew;
    this.#logs = every(LOG_CHECK_MS, () => this.#rotateLogs(), {
      clock: this.#options.clock,
      onError: () => undefined,
    });
    for (const group of plan.startOrder.filter(({ length }) => length > 0)) {
      if (group.some(({ role }) => role === 'ingester')) this.#recordsBefore = recordsOf(await this.#ask());
      if (this.#stop.requested.aborted) return;
      this.#line.update(`Starting: ${group.map(({ name }) => name).join(', ')}`);
      await Promise.race([crew.start(group), aborted(this.#stop.requested)]);
    }
  }

  #assemble(): Crew {
    const { plan, clock, program = join(projectRoot(), 'dist', 'workers', 'main.js') } = this.#options;
    const environment = childEnvironment({
      ...plan.config,
      redisUrl: this.#redis?.url,
      databaseUrl: this.#warehouse?.url,
    });
    return createCrew({
      plan,
      clock,
      drainDeadlineMs: plan.config.drainDeadlineMs,
      launch: launcher({ program, environment, logDir: this.#logDir }),
      onRestart: ({ name }, reason, delayMs) =>
        this.#line.say(`${name} ${reason}\n  It is started again in ${delayMs / 1000} s.`),
      onGivenUp: ({ name }, reason) => {
        this.#givenUp = `${name} cannot go on: it ${reason}`;
        this.#stop.stop();
      },
    });
  }

  async #show(): Promise<void> {
    const { settings, plan, clock, startedAt, terminal } = this.#options;
    if (this.#stop.requested.aborted) return;
    const madePassword = settings.config.consolePassword === undefined ? plan.config.consolePassword : undefined;
    const madeEventsToken = settings.config.eventsToken === undefined ? plan.config.eventsToken : undefined;
    this.#line.end();
    terminal.out(
      welcome({
        version: version(),
        plan,
        madePassword,
        madeEventsToken,
        redis: this.#redis?.source ?? '',
        warehouse: this.#warehouse?.source ?? '',
        logDir: this.#logDir,
        colours: terminal.isTty,
      }),
    );
    await showLive({
      ask: () => this.#ask(),
      line: this.#line,
      columns: terminal.columns,
      clock,
      startedAt,
      recordsBefore: this.#recordsBefore,
      stopping: this.#stop.requested,
    });
  }

  /** Names what did not end well. */
  async #stopAll(): Promise<readonly string[]> {
    const { config } = this.#options.plan;
    this.#line.end();
    if (this.#crew !== undefined) {
      const bound = Math.round(config.drainDeadlineMs / 1000);
      this.#options.terminal.out(`Stopping: each part gets up to ${bound} s. Ctrl-C again ends at once.\n`);
    }
    const complaints = (await this.#crew?.stop()) ?? [];
    await this.#logs?.stop();
    await Promise.all([this.#redis?.stop(), this.#warehouse?.stop()]);
    this.#stop.release();
    return complaints;
  }

  #endAtOnce(signal: NodeJS.Signals): never {
    this.#crew?.kill();
    // Told before we go; it needs nobody to wait for it
    void this.#redis?.stop();
    void this.#warehouse?.stop();
    process.exit(EXIT_ON_SECOND[signal] ?? EXIT_FAILED);
  }

  #ask(): Promise<OverviewAnswer> {
    const { consoleUrl, config } = this.#options.plan;
    return askOverview(consoleUrl, config.consolePassword ?? '');
  }

  #rotateLogs(): Promise<void> {
    const names = this.#options.plan.startOrder
      .flat()
      .map(({ name }: RoleInstance) => join(this.#logDir, `${name}.log`));
    for (const path of names) rotateLog(path);
    return Promise.resolve();
  }
}

/** Resolves once it aborts. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
