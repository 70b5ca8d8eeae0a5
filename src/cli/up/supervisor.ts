// Keeps one role running: started again when it dies, given up when only a person can help.
// Invariant: after stop() or kill() no process of this role is left, and none is started.
import { delay, type Clock } from '../../runtime/clock.ts';
import type { Exit, Launch, Launched } from './launch.ts';
import type { RoleInstance } from './plan.ts';

export interface SupervisorEvents {
  /** It died and is started again after the delay. */
  readonly onRestart: (instance: RoleInstance, reason: string, delayMs: number) => void;
  /** It said that starting it again helps nobody. */
  readonly onGivenUp: (instance: RoleInstance, reason: string) => void;
}

export interface SupervisorOptions extends SupervisorEvents {
  readonly instance: RoleInstance;
  readonly launch: Launch;
  readonly clock: Clock;
}

export type StopOutcome = 'clean' | 'failed' | 'killed';

export interface Supervisor {
  readonly instance: RoleInstance;
  /** Resolves once it is ready; rejects when it ends before that or takes too long. */
  start(): Promise<void>;
  stop(deadlineMs: number): Promise<StopOutcome>;
  kill(): void;
}

/** Node starts in half a second; a loaded machine or a slow platform gets this long. */
const READY_TIMEOUT_MS = 60_000;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;
/** Alive for this long, the next death is a new story. */
const HEALTHY_AFTER_MS = 60_000;
/** EX_CONFIG, see runtime/lifecycle.ts. */
const EXIT_CONFIGURATION = 78;

export function supervise(options: SupervisorOptions): Supervisor {
  const { instance, launch, clock } = options;
  const stopping = new AbortController();
  let current: Launched | undefined;

  const launchAndWait = async (): Promise<Launched> => {
    const child = launch(instance);
    current = child;
    void child.ended.then(() => {
      if (current === child) current = undefined;
    });
    await readyInTime(child, clock);
    return child;
  };
  return {
    instance,
    start: async () => {
      const child = await launchAndWait();
      void keepUp(child, launchAndWait, stopping.signal, options);
    },
    stop: async (deadlineMs) => {
      stopping.abort();
      return current === undefined ? 'clean' : end(current, deadlineMs, clock);
    },
    kill: () => {
      stopping.abort();
      current?.signal('SIGKILL');
    },
  };
}

/** Why a role is not running. */
export class RoleFailure extends Error {
  /** It said that only a person can help. */
  readonly configuration: boolean;

  constructor(reason: string, exit?: Exit) {
    super(reason);
    this.name = 'RoleFailure';
    this.configuration = exit?.code === EXIT_CONFIGURATION;
  }
}

const failureOf = (child: Launched, exit: Exit): RoleFailure => {
  const how = exit.signal === null ? `ended with ${exit.code}` : `ended by ${exit.signal}`;
  return new RoleFailure(`${how}: ${child.lastWords()}`, exit);
};

async function readyInTime(child: Launched, clock: Clock): Promise<void> {
  const waiting = new AbortController();
  const outcome = await Promise.race([
    child.ready.then(() => 'ready' as const),
    child.ended,
    delay(clock, READY_TIMEOUT_MS, waiting.signal).then(() => 'silent' as const),
  ]);
  waiting.abort();
  if (outcome === 'ready') return;
  if (outcome !== 'silent') throw failureOf(child, outcome);
  child.signal('SIGKILL');
  await child.ended;
  throw new RoleFailure(`not ready after ${READY_TIMEOUT_MS / 1000} s: ${child.lastWords()}`);
}

async function keepUp(
  first: Launched,
  launchAndWait: () => Promise<Launched>,
  stopping: AbortSignal,
  { instance, clock, onRestart, onGivenUp }: SupervisorOptions,
): Promise<void> {
  const lifeOf = async (child: Launched): Promise<RoleFailure> => failureOf(child, await child.ended);
  let life = lifeOf(first);
  let delayMs = FIRST_DELAY_MS;
  for (;;) {
    const since = clock.now();
    const failure = await life;
    if (stopping.aborted) return;
    if (failure.configuration) {
      onGivenUp(instance, failure.message);
      return;
    }
    if (clock.now() - since >= HEALTHY_AFTER_MS) delayMs = FIRST_DELAY_MS;
    onRestart(instance, failure.message, delayMs);
    await delay(clock, delayMs, stopping);
    if (stopping.aborted) return;
    delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    life = launchAndWait().then(lifeOf, asFailure);
  }
}

const asFailure = (error: unknown): RoleFailure =>
  error instanceof RoleFailure ? error : new RoleFailure(error instanceof Error ? error.message : 'unknown');

async function end(child: Launched, deadlineMs: number, clock: Clock): Promise<StopOutcome> {
  child.signal('SIGTERM');
  const patience = new AbortController();
  const outcome = await Promise.race([child.ended, delay(clock, deadlineMs, patience.signal)]);
  patience.abort();
  if (outcome !== undefined) return outcome.code === 0 ? 'clean' : 'failed';
  child.signal('SIGKILL');
  await child.ended;
  return 'killed';
}
