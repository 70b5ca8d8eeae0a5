// The life of one process: start, ready, stop. Invariant: it ends for a reason that is logged, within the drain
// deadline, with an exit code that tells its supervisor what to do.
import type { Logger } from '../observability/logger.ts';
import { Fatal, Interrupted } from './errors.ts';

/** 78 is EX_CONFIG: starting again without a change helps nobody. */
export const EXIT = { clean: 0, failed: 1, configuration: 78, SIGINT: 130, SIGTERM: 143 } as const;

/** A pipe that nobody reads is given up after this. */
const LAST_WORDS_MS = 500;

/** What a supervisor is told over IPC once the process does its work. */
export interface ReadyMessage {
  readonly type: 'ready';
  readonly role: string;
}

export interface Running {
  stop(): Promise<void>;
}

export interface ProcessOptions {
  readonly role: string;
  readonly log: Logger;
  readonly drainDeadlineMs: number;
  /**
   * The signal aborts when the process is asked to stop before it has started. `onFailure` is for what goes wrong
   * later, where nobody awaits: the process ends with it.
   */
  readonly start: (signal: AbortSignal, onFailure: (error: unknown) => void) => Promise<Running>;
}

type Cause = 'SIGTERM' | 'SIGINT' | 'parent gone';

/** Runs until a signal, a failure, or the end of its parent; then ends the process itself. Resolves when it is ready. */
export async function runProcess({ role, log, drainDeadlineMs, start }: ProcessOptions): Promise<void> {
  let stopping = false;
  const starting = new AbortController();
  const fail = (error: unknown): void => {
    log.fatal({ err: error }, error instanceof Error ? error.message : 'a value that is not an Error was thrown');
    exitAfterLogging(log, error instanceof Fatal ? EXIT.configuration : EXIT.failed);
  };

  const stop = async (cause: Cause): Promise<void> => {
    log.info({ cause, drainDeadlineMs }, 'stopping');
    setTimeout(() => {
      log.error({ drainDeadlineMs }, 'still busy at the drain deadline: ending without having finished');
      exitAfterLogging(log, EXIT.failed);
    }, drainDeadlineMs);
    starting.abort();
    await running.then((process) => process.stop(), ignoreInterruption);
    log.info('stopped cleanly');
    exitAfterLogging(log, EXIT.clean);
  };
  const stopOrExit = (cause: Cause): void => {
    if (stopping && cause !== 'parent gone') process.exit(EXIT[cause]);
    if (stopping) return;
    stopping = true;
    stop(cause).catch(fail);
  };

  process.on('SIGTERM', () => stopOrExit('SIGTERM'));
  process.on('SIGINT', () => stopOrExit('SIGINT'));
  process.on('disconnect', () => stopOrExit('parent gone'));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);

  const running = start(starting.signal, fail);
  await running.then(
    () => tellParent({ type: 'ready', role }),
    (error: unknown) => (stopping ? undefined : fail(error)),
  );
}

/** The log writes in the background: what was said last must reach its file, unless nothing takes it any more. */
function exitAfterLogging(log: Logger, code: number): void {
  setTimeout(() => process.exit(code), LAST_WORDS_MS);
  log.flush(() => process.exit(code));
}

/** A start that was interrupted is a clean end. */
function ignoreInterruption(error: unknown): void {
  const interrupted = error instanceof Interrupted || (error instanceof Error && error.name === 'AbortError');
  if (!interrupted) throw error;
}

function tellParent(message: ReadyMessage): void {
  // A parent that is gone is noticed by `disconnect`
  process.send?.(message, undefined, undefined, () => undefined);
}
